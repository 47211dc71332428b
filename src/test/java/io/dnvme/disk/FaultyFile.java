package io.dnvme.disk;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/** A file whose system calls do what a test wants, where it wants anything. */
final class FaultyFile extends NativeFile {

  /** Answers a call: 0 lets it through, else it is the result. */
  interface Answer extends IntSupplier {}

  static final Answer THROUGH = () -> 0;

  final AtomicInteger reads = new AtomicInteger();
  final AtomicInteger writes = new AtomicInteger();
  final AtomicInteger durableWrites = new AtomicInteger();
  final AtomicInteger syncs = new AtomicInteger();
  final AtomicInteger allocations = new AtomicInteger();

  volatile Answer onRead = THROUGH;
  volatile Answer onWrite = THROUGH;
  volatile Answer onDurableWrite = THROUGH;
  volatile Answer onSync = THROUGH;
  volatile Answer onAllocate = THROUGH;

  /** One range a call, so that every command of several is short. */
  volatile boolean shortTransfers;

  FaultyFile(NativeFile file) {
    super(file.descriptor);
  }

  @Override
  long preadv(long iovecs, int count, long offsetBytes) {
    reads.incrementAndGet();
    int answer = onRead.getAsInt();
    return answer != 0 ? answer : super.preadv(iovecs, shortTransfers ? 1 : count, offsetBytes);
  }

  @Override
  long pwritev(long iovecs, int count, long offsetBytes, boolean durable) {
    (durable ? durableWrites : writes).incrementAndGet();
    int answer = (durable ? onDurableWrite : onWrite).getAsInt();
    return answer != 0
        ? answer
        : super.pwritev(iovecs, shortTransfers ? 1 : count, offsetBytes, durable);
  }

  @Override
  long fdatasync() {
    syncs.incrementAndGet();
    int answer = onSync.getAsInt();
    return answer != 0 ? answer : super.fdatasync();
  }

  @Override
  long fallocate(int mode, long offsetBytes, long lengthBytes) {
    allocations.incrementAndGet();
    int answer = onAllocate.getAsInt();
    return answer != 0 ? answer : super.fallocate(mode, offsetBytes, lengthBytes);
  }

  /** Fails the next {@code times} calls with {@code errno}. */
  static Answer failing(int errno, int times) {
    var left = new AtomicInteger(times);
    return () -> left.getAndDecrement() > 0 ? -errno : 0;
  }
}
