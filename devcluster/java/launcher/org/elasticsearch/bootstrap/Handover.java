package org.elasticsearch.bootstrap;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.CountDownLatch;

/**
 * What the server reads in place of standard input: first its arguments, then nothing, for ever. The end of the
 * stream would mean to a server in the foreground that its command died, and would end it.
 */
final class Handover extends InputStream {
    private final byte[] arguments;
    private int position;

    Handover(byte[] arguments) {
        this.arguments = arguments;
    }

    @Override
    public int read() throws IOException {
        return position < arguments.length ? arguments[position++] & 0xff : waitForEver();
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (position == arguments.length) {
            return waitForEver();
        }
        int count = Math.min(length, arguments.length - position);
        System.arraycopy(arguments, position, target, offset, count);
        position += count;
        return count;
    }

    private static int waitForEver() throws IOException {
        try {
            new CountDownLatch(1).await();
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }
}
