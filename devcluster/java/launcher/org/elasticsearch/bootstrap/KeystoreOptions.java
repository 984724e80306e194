package org.elasticsearch.bootstrap;

import org.elasticsearch.cli.ExitCodes;
import org.elasticsearch.cli.UserException;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The command line of {@code bin/elasticsearch-keystore}.
 *
 * @param command the command's name, or "" where none is given
 * @param flags the options given, by their short letter
 * @param names what follows: names of settings, for {@code add-file} each with a path
 */
record KeystoreOptions(String command, Set<Character> flags, List<String> names) {
    private static final Map<String, Character> LONG_NAMES = Map.of(
        "--force", 'f', "--stdin", 'x', "--password", 'p', "--help", 'h', "--silent", 's', "--verbose", 'v'
    );
    private static final Map<String, String> ALLOWED = Map.of("create", "p", "add", "fx", "add-file", "f");
    private static final String ALWAYS_ALLOWED = "hsv";

    static KeystoreOptions parse(String[] arguments) throws UserException {
        List<String> words = new ArrayList<>();
        Set<Character> flags = new HashSet<>();
        boolean onlyWords = false;
        for (String argument : arguments) {
            if (onlyWords || argument.startsWith("-") == false || argument.equals("-")) {
                words.add(argument);
            } else if (argument.equals("--")) {
                onlyWords = true;
            } else {
                flags.addAll(letters(argument));
            }
        }
        String command = words.isEmpty() ? "" : words.remove(0);
        for (char flag : flags) {
            if ((ALWAYS_ALLOWED + ALLOWED.getOrDefault(command, "")).indexOf(flag) < 0) {
                throw new UserException(ExitCodes.USAGE, flag + " is not a recognized option");
            }
        }
        return new KeystoreOptions(command, flags, words);
    }

    boolean help() {
        return flags.contains('h');
    }

    boolean force() {
        return flags.contains('f');
    }

    boolean fromStdin() {
        return flags.contains('x');
    }

    boolean withPassword() {
        return flags.contains('p');
    }

    private static List<Character> letters(String argument) throws UserException {
        if (argument.startsWith("--") == false) {
            return argument.substring(1).chars().mapToObj(letter -> (char) letter).toList();
        }
        if (LONG_NAMES.containsKey(argument) == false) {
            throw new UserException(ExitCodes.USAGE, argument.substring(2) + " is not a recognized option");
        }
        return List.of(LONG_NAMES.get(argument));
    }
}
