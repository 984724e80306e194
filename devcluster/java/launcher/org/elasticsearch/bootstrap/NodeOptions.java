package org.elasticsearch.bootstrap;

import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The options of {@code bin/elasticsearch}, as the product has them.
 *
 * @param daemonize whether the node goes on in the background once it is ready ({@code -d})
 * @param quiet whether nothing is logged on the console ({@code -q})
 * @param version whether only the version is asked for ({@code -V})
 * @param pidFile where the process id is written ({@code -p}), or null
 * @param settings the settings given on the command line ({@code -E key=value})
 */
record NodeOptions(boolean daemonize, boolean quiet, boolean version, Path pidFile, Map<String, String> settings) {

    /**
     * Reads a command line.
     *
     * @throws IllegalArgumentException if an option is unknown or lacks its value
     */
    static NodeOptions parse(String[] arguments) {
        boolean daemonize = false;
        boolean quiet = false;
        boolean version = false;
        Path pidFile = null;
        Map<String, String> settings = new HashMap<>();
        Deque<String> rest = new ArrayDeque<>(List.of(arguments));
        while (!rest.isEmpty()) {
            String option = rest.pop();
            switch (option) {
                case "-d", "--daemonize" -> daemonize = true;
                case "-q", "--quiet" -> quiet = true;
                case "-V", "--version" -> version = true;
                case "-p", "--pidfile" -> pidFile = Path.of(value(option, rest)).toAbsolutePath();
                case "-E" -> putSetting(settings, value(option, rest));
                default -> {
                    if (!option.startsWith("-E")) {
                        throw new IllegalArgumentException(option + " is not a recognized option");
                    }
                    putSetting(settings, option.substring(2));
                }
            }
        }
        return new NodeOptions(daemonize, quiet, version, pidFile, settings);
    }

    private static String value(String option, Deque<String> rest) {
        if (rest.isEmpty()) {
            throw new IllegalArgumentException("Option " + option + " requires an argument");
        }
        return rest.pop();
    }

    private static void putSetting(Map<String, String> settings, String pair) {
        int equals = pair.indexOf('=');
        if (equals < 1 || equals == pair.length() - 1) {
            throw new IllegalArgumentException("setting [" + pair + "] must be key=value, with a value");
        }
        if (settings.put(pair.substring(0, equals), pair.substring(equals + 1)) != null) {
            throw new IllegalArgumentException("setting [" + pair.substring(0, equals) + "] set twice");
        }
    }
}
