package io.dnvme.volume.intent;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What each block may hold, by what hosts were told. Every write has a number; a block holds the
 * number of its last one.
 *
 * <pre>
 *   possible   what a read may answer; a read's answer stays (INTENT), an acknowledgement settles it
 *   history    what may be left when all members' power went: everything since the last flush
 * </pre>
 */
final class CrashModel {

  /** A write under way. */
  record Write(long number, int start, int count) {}

  private final int blockSizeBytes;
  private final List<Set<Long>> possible = new ArrayList<>();
  private final List<Set<Long>> history = new ArrayList<>();
  private final List<Set<Long>> flushing = new ArrayList<>();
  private final List<Write> underWay = new ArrayList<>();
  private long writes;

  CrashModel(int blocks, int blockSizeBytes) {
    this.blockSizeBytes = blockSizeBytes;
    for (int i = 0; i < blocks; i++) {
      possible.add(Set.of(0L));
      history.add(Set.of(0L));
      flushing.add(Set.of(0L));
    }
  }

  Write begin(int start, int count) {
    var write = new Write(++writes, start, count);
    underWay.add(write);
    for (int block = start; block < start + count; block++) {
      history.set(block, plus(history.get(block), write.number));
      flushing.set(block, plus(flushing.get(block), write.number));
    }
    return write;
  }

  byte[] content(Write write) {
    ByteBuffer bytes = ByteBuffer.allocate(write.count * blockSizeBytes);
    for (int i = 0; i < write.count; i++) {
      bytes.putLong(i * blockSizeBytes, write.number);
    }
    return bytes.array();
  }

  void acknowledged(Write write) {
    underWay.remove(write);
    for (int block = write.start; block < write.start + write.count; block++) {
      possible.set(block, Set.of(write.number));
    }
  }

  void flushStarts() {
    for (int block = 0; block < possible.size(); block++) {
      flushing.set(block, possible.get(block));
    }
    underWay.forEach(write -> {
      for (int block = write.start; block < write.start + write.count; block++) {
        flushing.set(block, plus(flushing.get(block), write.number));
      }
    });
  }

  void flushed() {
    for (int block = 0; block < history.size(); block++) {
      history.set(block, flushing.get(block));
    }
  }

  /** What was under way may have happened or not. */
  void ownerDied() {
    for (Write write : underWay) {
      for (int block = write.start; block < write.start + write.count; block++) {
        possible.set(block, plus(possible.get(block), write.number));
      }
    }
    underWay.clear();
  }

  /** Hosts learn that what they did not flush may be gone. */
  void lossPossible() {
    for (int block = 0; block < possible.size(); block++) {
      possible.set(block, history.get(block));
    }
  }

  boolean overlapsUnderWay(int start, int count) {
    return underWay.stream()
        .anyMatch(write -> write.start < start + count && start < write.start + write.count);
  }

  boolean isQuiet() {
    return underWay.isEmpty();
  }

  /** A host read the blocks; or all in-sync members were seen to hold this. */
  void saw(String where, int start, byte[] content) {
    for (int i = 0; i < content.length / blockSizeBytes; i++) {
      long number = ByteBuffer.wrap(content).getLong(i * blockSizeBytes);
      int block = start + i;
      if (!possible.get(block).contains(number)) {
        throw new BrokenPromise(
            "%s: block %d holds write %d, may hold %s"
                .formatted(where, block, number, possible.get(block)));
      }
      possible.set(block, Set.of(number));
    }
  }

  private static Set<Long> plus(Set<Long> set, long number) {
    var more = new HashSet<>(set);
    more.add(number);
    return more;
  }
}
