package io.dnvme.disk;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What a thread has allocated on the heap since it began. */
final class AllocatedBytes {

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private AllocatedBytes() {}

  static long of(Thread thread) {
    return THREADS.getThreadAllocatedBytes(thread.threadId());
  }

  /** Of all threads whose name starts so. */
  static long ofThreadsNamed(String prefix) {
    return Thread.getAllStackTraces().keySet().stream()
        .filter(thread -> thread.getName().startsWith(prefix))
        .mapToLong(AllocatedBytes::of)
        .sum();
  }
}
