package org.elasticsearch.bootstrap;

import org.elasticsearch.Build;
import org.elasticsearch.common.io.stream.OutputStreamStreamOutput;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.KeyStoreWrapper;
import org.elasticsearch.common.settings.SecureString;
import org.elasticsearch.common.settings.Settings;
import org.elasticsearch.env.Environment;
import org.elasticsearch.node.InternalSettingsPreparer;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FileDescriptor;
import java.io.FileInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * Stands in for the product's server command, whose jar is not on Maven Central. It reads elasticsearch.yml and the
 * keystore, hands both over on standard input as that command does, and calls the real main of the server.
 */
public final class NodeMain {
    private static final int USAGE = 64;
    private static final int CONFIG = 78;

    private NodeMain() {}

    public static void main(String[] arguments) {
        NodeOptions options = parse(arguments);
        if (options.version()) {
            System.out.println(versionLine());
            return;
        }
        LogConfigurator.configureESLogging();
        Path config = Path.of(System.getProperty("es.path.conf"));
        if (!Files.exists(config.resolve("log4j2.properties"))) {
            fail(CONFIG, "Missing logging config file at " + config.resolve("log4j2.properties"));
        }
        try {
            System.setIn(new Handover(serverArguments(options, config)));
            new FileInputStream(FileDescriptor.in).close(); // the JVM puts /dev/null in its place
        } catch (Exception e) {
            fail(1, withCauses(e));
        }
        Elasticsearch.main(new String[0]);
    }

    private static NodeOptions parse(String[] arguments) {
        try {
            return NodeOptions.parse(arguments);
        } catch (IllegalArgumentException e) {
            fail(USAGE, e.getMessage());
            throw e;
        }
    }

    private static String versionLine() {
        Build build = Build.current();
        return "Version: " + build.qualifiedVersion() + ", Build: " + build.type().displayName() + "/" + build.hash() + "/"
            + build.date() + ", JVM: " + Runtime.version().feature();
    }

    private static byte[] serverArguments(NodeOptions options, Path config) throws Exception {
        Map<String, String> settings = options.settings();
        settings.putIfAbsent("path.home", System.getProperty("es.path.home"));
        String host = System.getenv().getOrDefault("HOSTNAME", "localhost");
        Environment environment = InternalSettingsPreparer.prepareEnvironment(Settings.EMPTY, settings, config, () -> host);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (
            KeyStoreWrapper keystore = KeyStoreWrapper.bootstrap(environment.configDir(), NodeMain::keystorePassword);
            OutputStreamStreamOutput output = new OutputStreamStreamOutput(bytes)
        ) {
            new ServerArgs(
                options.daemonize(),
                options.quiet(),
                options.pidFile(),
                keystore,
                environment.settings(),
                environment.configDir(),
                environment.logsDir()
            ).writeTo(output);
        }
        return bytes.toByteArray();
    }

    /** Asked for only when the keystore has a password: a line on standard input, or a file as under systemd. */
    private static SecureString keystorePassword() throws IOException {
        String file = System.getenv("ES_KEYSTORE_PASSPHRASE_FILE");
        if (file != null) {
            return new SecureString(Files.readString(Path.of(file)).strip().toCharArray());
        }
        System.err.print("Elasticsearch keystore password: ");
        String line = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
        if (line == null) {
            throw new IOException("the keystore has a password, and standard input has none");
        }
        return new SecureString(line.toCharArray());
    }

    private static String withCauses(Throwable error) {
        StringBuilder text = new StringBuilder(error.toString());
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            text.append("\n  caused by: ").append(cause);
        }
        return text.toString();
    }

    private static void fail(int exitCode, String message) {
        System.err.println("ERROR: " + message + ", with exit code " + exitCode);
        System.exit(exitCode);
    }
}
