package org.elasticsearch.bootstrap;

import org.elasticsearch.cli.CliToolProvider;
import org.elasticsearch.cli.ProcessInfo;
import org.elasticsearch.cli.terminal.Terminal;
import org.elasticsearch.common.logging.LogConfigurator;
import org.elasticsearch.common.settings.Settings;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.stream.Collectors;

/** Runs a real command of the security plugin (users, reset-password, service-tokens) by its name. */
public final class ToolMain {
    private static final int USAGE = 64;

    private ToolMain() {}

    public static void main(String[] arguments) throws Exception {
        LogConfigurator.configureESLogging();
        LogConfigurator.configureWithoutConfig(Settings.builder().put("logger.level", "ERROR").build());
        for (CliToolProvider tool : ServiceLoader.load(CliToolProvider.class)) {
            if (tool.name().equals(arguments[0])) {
                String[] rest = Arrays.copyOfRange(arguments, 1, arguments.length);
                System.exit(tool.create().main(rest, Terminal.DEFAULT, processInfo()));
            }
        }
        System.err.println("ERROR: there is no tool " + arguments[0] + ", with exit code " + USAGE);
        System.exit(USAGE);
    }

    private static ProcessInfo processInfo() {
        Map<String, String> properties = System.getProperties()
            .stringPropertyNames()
            .stream()
            .collect(Collectors.toMap(name -> name, System::getProperty));
        return new ProcessInfo(properties, System.getenv(), Path.of(System.getProperty("es.path.home")));
    }
}
