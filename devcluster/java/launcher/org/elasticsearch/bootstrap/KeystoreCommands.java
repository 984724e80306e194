package org.elasticsearch.bootstrap;

import org.elasticsearch.cli.ExitCodes;
import org.elasticsearch.cli.UserException;
import org.elasticsearch.cli.terminal.Terminal;
import org.elasticsearch.common.settings.KeyStoreWrapper;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/** What the commands do, one method each. */
final class KeystoreCommands {
    private static final char[] NO_PASSWORD = {};
    private static final int HAS_NO_PASSWORD = 1;

    private final Terminal terminal;
    private final Path config;
    private final KeystoreOptions options;
    private char[] password = NO_PASSWORD;

    KeystoreCommands(Terminal terminal, Path config, KeystoreOptions options) {
        this.terminal = terminal;
        this.config = config;
        this.options = options;
    }

    void create() throws Exception {
        char[] wanted = options.withPassword() ? newPassword() : NO_PASSWORD;
        Path file = KeyStoreWrapper.keystorePath(config);
        if (Files.exists(file) && terminal.promptYesNo("An elasticsearch keystore already exists. Overwrite?", false) == false) {
            terminal.println("Exiting without creating keystore.");
            return;
        }
        try (KeyStoreWrapper keystore = KeyStoreWrapper.create()) {
            keystore.save(config, wanted);
        }
        terminal.println("Created elasticsearch keystore in " + file);
    }

    void list() throws Exception {
        for (String name : new TreeSet<>(existing().getSettingNames())) {
            terminal.println(name);
        }
    }

    void show() throws Exception {
        if (options.names().size() != 1) {
            throw new UserException(ExitCodes.USAGE, "Must provide a single setting name to show");
        }
        KeyStoreWrapper keystore = existing();
        String name = options.names().get(0);
        mustHold(keystore, name);
        try (InputStream value = keystore.getFile(name)) {
            terminal.flush();
            System.out.write(value.readAllBytes());
        }
        if (System.getProperty("stdout.is.terminal") != null) {
            System.out.println(); // in a pipe the product writes the value and nothing else
        }
        System.out.flush();
    }

    void addStrings() throws Exception {
        if (options.names().isEmpty()) {
            throw new UserException(ExitCodes.USAGE, "the setting names can not be empty");
        }
        KeyStoreWrapper keystore = existingOrNew();
        if (keystore == null) {
            return;
        }
        for (String name : options.names()) {
            if (mayOverwrite(keystore, name) == false) {
                return;
            }
            char[] value = terminal.readSecret(options.fromStdin() ? "" : "Enter value for " + name + ": ");
            try {
                keystore.setString(name, value);
            } catch (IllegalArgumentException e) {
                throw new UserException(ExitCodes.DATA_ERROR, e.getMessage());
            }
        }
        keystore.save(config, password);
    }

    void addFiles() throws Exception {
        List<String> words = options.names();
        if (words.isEmpty()) {
            throw new UserException(ExitCodes.USAGE, "Missing setting name");
        }
        if (words.size() % 2 != 0) {
            throw new UserException(ExitCodes.USAGE, "settings and filenames must come in pairs");
        }
        KeyStoreWrapper keystore = existingOrNew();
        if (keystore == null) {
            return;
        }
        for (int i = 0; i < words.size(); i += 2) {
            if (mayOverwrite(keystore, words.get(i)) == false) {
                return;
            }
            Path file = Path.of(words.get(i + 1));
            if (Files.exists(file) == false) {
                throw new UserException(ExitCodes.IO_ERROR, "File [" + file + "] does not exist");
            }
            keystore.setFile(words.get(i), Files.readAllBytes(file));
        }
        keystore.save(config, password);
    }

    void remove() throws Exception {
        if (options.names().isEmpty()) {
            throw new UserException(ExitCodes.USAGE, "Must supply at least one setting to remove");
        }
        KeyStoreWrapper keystore = existing();
        for (String name : options.names()) {
            mustHold(keystore, name);
            keystore.remove(name);
        }
        keystore.save(config, password);
    }

    void upgrade() throws Exception {
        KeyStoreWrapper.upgrade(existing(), config, password);
    }

    void changePassword() throws Exception {
        KeyStoreWrapper keystore = existing();
        keystore.save(config, newPassword());
        terminal.println("Elasticsearch keystore password changed successfully.");
    }

    void hasPassword() throws Exception {
        KeyStoreWrapper keystore = KeyStoreWrapper.load(config);
        if (keystore == null) {
            terminal.errorPrintln("ERROR: Elasticsearch keystore not found");
            throw new UserException(HAS_NO_PASSWORD, null);
        }
        if (keystore.hasPassword() == false) {
            terminal.errorPrintln("ERROR: Keystore is not password-protected");
            throw new UserException(HAS_NO_PASSWORD, null);
        }
        terminal.println("Keystore is password-protected");
    }

    private KeyStoreWrapper existing() throws Exception {
        KeyStoreWrapper keystore = decrypted();
        if (keystore == null) {
            throw new UserException(
                ExitCodes.DATA_ERROR,
                "Elasticsearch keystore not found at [" + KeyStoreWrapper.keystorePath(config) + "]. Use 'create' command to create one."
            );
        }
        return keystore;
    }

    /** Returns null where there is none and a person does not want one. */
    private KeyStoreWrapper existingOrNew() throws Exception {
        KeyStoreWrapper keystore = decrypted();
        if (keystore != null) {
            return keystore;
        }
        String question = "The elasticsearch keystore does not exist. Do you want to create it?";
        if (options.force() == false && terminal.promptYesNo(question, false) == false) {
            terminal.println("Exiting without creating keystore.");
            return null;
        }
        return KeyStoreWrapper.create();
    }

    private KeyStoreWrapper decrypted() throws Exception {
        KeyStoreWrapper keystore = KeyStoreWrapper.load(config);
        if (keystore != null) {
            password = keystore.hasPassword() ? terminal.readSecret("Enter password for the elasticsearch keystore : ") : NO_PASSWORD;
            keystore.decrypt(password);
        }
        return keystore;
    }

    private boolean mayOverwrite(KeyStoreWrapper keystore, String name) throws IOException {
        if (options.force() || keystore.getSettingNames().contains(name) == false) {
            return true;
        }
        if (terminal.promptYesNo("Setting " + name + " already exists. Overwrite?", false)) {
            return true;
        }
        terminal.println("Exiting without modifying keystore.");
        return false;
    }

    private static void mustHold(KeyStoreWrapper keystore, String name) throws UserException {
        if (keystore.getSettingNames().contains(name) == false) {
            throw new UserException(ExitCodes.CONFIG, "Setting [" + name + "] does not exist in the keystore.");
        }
    }

    private char[] newPassword() throws UserException {
        char[] wanted = terminal.readSecret("Enter new password for the elasticsearch keystore (empty for no password): ");
        if (Arrays.equals(wanted, terminal.readSecret("Enter same password again: ")) == false) {
            throw new UserException(ExitCodes.DATA_ERROR, "Passwords are not equal, exiting.");
        }
        return wanted;
    }
}
