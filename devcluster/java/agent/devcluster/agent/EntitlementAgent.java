package devcluster.agent;

import java.lang.instrument.Instrumentation;

/**
 * Stands in for the entitlement agent, whose jar is not on Maven Central. Its only work is to hand the JVM's
 * instrumentation to the class that the (real) entitlement library names when it attaches.
 */
public final class EntitlementAgent {
    private EntitlementAgent() {}

    public static void agentmain(String receiver, Instrumentation instrumentation) throws ReflectiveOperationException {
        Class.forName(receiver).getMethod("initialize", Instrumentation.class).invoke(null, instrumentation);
    }
}
