package org.elasticsearch.bootstrap;

import org.elasticsearch.cli.ExitCodes;
import org.elasticsearch.cli.UserException;
import org.elasticsearch.cli.terminal.Terminal;
import org.elasticsearch.common.logging.LogConfigurator;

import java.nio.file.Path;
import java.security.GeneralSecurityException;

/**
 * Stands in for the product's keystore command, whose jar is not on Maven Central. Commands, options, questions, texts
 * and exit codes are those of the product (docs: reference/elasticsearch/command-line-tools/elasticsearch-keystore),
 * and the keystore itself is the server's own {@code KeyStoreWrapper}.
 */
public final class KeystoreMain {
    private static final String USAGE = """
        A tool for managing settings stored in the elasticsearch keystore

        Commands
        --------
        create [-p]                   Creates a new elasticsearch keystore
        list                          List entries in the keystore
        show NAME                     Show a value from the keystore
        add [-f] [-x] NAME...         Add string settings to the keystore
        add-file [-f] (NAME PATH)...  Add file settings to the keystore
        remove NAME...                Remove settings from the keystore
        upgrade                       Upgrade the keystore format
        passwd                        Changes the password of a keystore
        has-passwd                    Succeeds if the keystore exists and is password-protected
        """;

    private static final int UNEXPECTED = 1;

    private KeystoreMain() {}

    public static void main(String[] arguments) {
        LogConfigurator.configureESLogging();
        Terminal terminal = Terminal.DEFAULT;
        int exitCode = run(arguments, terminal);
        terminal.flush();
        System.exit(exitCode);
    }

    private static int run(String[] arguments, Terminal terminal) {
        try {
            KeystoreOptions options = KeystoreOptions.parse(arguments);
            if (options.help()) {
                terminal.println(USAGE);
            } else {
                dispatch(options, new KeystoreCommands(terminal, Path.of(System.getProperty("es.path.conf")), options));
            }
            return ExitCodes.OK;
        } catch (UserException e) {
            return failed(terminal, e.exitCode, e.getMessage());
        } catch (SecurityException | GeneralSecurityException e) {
            return failed(terminal, ExitCodes.DATA_ERROR, e.getMessage());
        } catch (Exception e) {
            return failed(terminal, UNEXPECTED, e.toString());
        }
    }

    private static void dispatch(KeystoreOptions options, KeystoreCommands commands) throws Exception {
        switch (options.command()) {
            case "create" -> commands.create();
            case "list" -> commands.list();
            case "show" -> commands.show();
            case "add" -> commands.addStrings();
            case "add-file" -> commands.addFiles();
            case "remove" -> commands.remove();
            case "upgrade" -> commands.upgrade();
            case "passwd" -> commands.changePassword();
            case "has-passwd" -> commands.hasPassword();
            default -> throw new UserException(ExitCodes.USAGE, "Unknown command [" + options.command() + "]");
        }
    }

    private static int failed(Terminal terminal, int exitCode, String message) {
        if (exitCode == ExitCodes.USAGE) {
            terminal.errorPrintln(USAGE);
        }
        if (message != null) {
            terminal.errorPrintln(Terminal.Verbosity.SILENT, "ERROR: " + message + ", with exit code " + exitCode);
        }
        return exitCode;
    }
}
