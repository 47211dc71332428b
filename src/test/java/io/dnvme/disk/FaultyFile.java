package io.dnvme.disk;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntSupplier;

/**
 * A file whose system calls do what a test wants, where it wants anything. All open file
 * descriptions of a file are answered and counted alike, by the first.
 */
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

  /** Runs in a call that has been told of a loss, before it returns. */
  volatile Runnable onTold = () -> {};

  private final FaultyFile first;
  private volatile int lossErrno;
  private volatile int losses;
  private volatile int lossesTold;

  FaultyFile(NativeFile file) {
    super(file.descriptor);
    first = this;
  }

  /** Another open file description of {@code first}'s file. */
  FaultyFile(NativeFile file, FaultyFile first) {
    super(file.descriptor);
    this.first = first;
  }

  /**
   * Data that was written is lost, as the kernel tells it: each open file description hears of it
   * from the next call that makes data durable, and only from that.
   */
  void lose(int errno) {
    lossErrno = errno;
    losses++;
  }

  @Override
  long preadv(long iovecs, int count, long offsetBytes) {
    first.reads.incrementAndGet();
    int answer = first.onRead.getAsInt();
    return answer != 0
        ? answer
        : super.preadv(iovecs, first.shortTransfers ? 1 : count, offsetBytes);
  }

  @Override
  long pwritev(long iovecs, int count, long offsetBytes, boolean durable) {
    (durable ? first.durableWrites : first.writes).incrementAndGet();
    int answer = (durable ? first.onDurableWrite : first.onWrite).getAsInt();
    if (answer == 0 && durable) {
      answer = tellLoss();
    }
    return answer != 0
        ? answer
        : super.pwritev(iovecs, first.shortTransfers ? 1 : count, offsetBytes, durable);
  }

  @Override
  long fdatasync() {
    first.syncs.incrementAndGet();
    int answer = first.onSync.getAsInt();
    if (answer == 0) {
      answer = tellLoss();
    }
    return answer != 0 ? answer : super.fdatasync();
  }

  @Override
  long fallocate(int mode, long offsetBytes, long lengthBytes) {
    first.allocations.incrementAndGet();
    int answer = first.onAllocate.getAsInt();
    return answer != 0 ? answer : super.fallocate(mode, offsetBytes, lengthBytes);
  }

  private int tellLoss() {
    int told = lossesTold;
    lossesTold = first.losses;
    if (lossesTold == told) {
      return 0;
    }
    int answer = -first.lossErrno;
    first.onTold.run();
    return answer;
  }

  /** Fails the next {@code times} calls with {@code errno}. */
  static Answer failing(int errno, int times) {
    var left = new AtomicInteger(times);
    return () -> left.getAndDecrement() > 0 ? -errno : 0;
  }
}
