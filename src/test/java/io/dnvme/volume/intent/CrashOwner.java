package io.dnvme.volume.intent;

import java.util.function.Consumer;

/** One incarnation of a group's owner under the nemesis of a {@link CrashWorld}. */
interface CrashOwner {

  WriteIntentLog log();

  /** The group that it serves. */
  MirrorGroup mirror();

  boolean isDead();

  /** The owner ends at once; the record change under way is made or not. */
  void die();

  /** A member's connection is lost, or its machine's power. */
  void lose(int member, boolean power);

  /** Writes one value to all blocks of a range; {@code acknowledged} is told when it is. */
  void write(long start, int count, byte[] data, Runnable acknowledged);

  void read(long start, int count, Consumer<byte[]> answered);

  void flush(Runnable flushed);

  /** Brings an absent member into the write set. */
  void bringBack(int member, CrashWire wire, IntentLog.Answer done);
}
