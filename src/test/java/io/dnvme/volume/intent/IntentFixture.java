package io.dnvme.volume.intent;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.ManualReactor;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/** A group of formatted members, opened and served, under a test's hand. */
final class IntentFixture implements AutoCloseable {

  static final int BLOCK = 512;
  static final int REGIONS = 8;
  static final int REGION_BLOCKS = (1 << MemberLayout.MIN_REGION_SHIFT) / BLOCK;
  static final long MILLI = 1_000_000;

  final ManualReactor reactor = new ManualReactor();
  final MemberLayout layout =
      new MemberLayout(BLOCK, (long) REGIONS * REGION_BLOCKS, MemberLayout.MIN_REGION_SHIFT, false);
  final CrashDevice[] devices;
  final CrashRecord record;
  final List<MemberIdentity> identities;
  private final IntentSettings settings;
  private final Random random = new Random(1);
  private CrashWire[] connections;
  private int hanging;
  CrashGroup group;
  private long owners;

  IntentFixture(int members, IntentSettings settings) {
    this.settings = settings;
    devices = new CrashDevice[members];
    record = new CrashRecord(members);
    identities =
        IntStream.range(0, members)
            .mapToObj(i -> new MemberIdentity(new UUID(7, 7), 0, new UUID(1, i + 1)))
            .toList();
    for (int member = 0; member < members; member++) {
      devices[member] = new CrashDevice(new BlockGeometry(BLOCK, layout.deviceBlocks()));
      boolean[] formatted = new boolean[1];
      MemberFormat.start(
          reactor,
          wire(member),
          layout,
          identities.get(member),
          outcome -> formatted[0] = outcome instanceof MemberFormat.Outcome.Formatted);
      until(() -> formatted[0]);
    }
    takeOver();
  }

  CrashWire wire(int member) {
    return new CrashWire(devices[member], random);
  }

  /** The group's connection to a member. */
  CrashWire connection(int member) {
    return connections[member];
  }

  /** The next connections to the member answer nothing. */
  void hangAtTakeover(int member) {
    hanging |= 1 << member;
  }

  /** A new owner over all members in-sync or rebuilding by the record. */
  void takeOver() {
    takeOver(-1);
  }

  /** A new owner that reaches these members of those that the record has in the write set. */
  void takeOver(int reachable) {
    open(reachable);
    group.log.makeEqual();
  }

  /** The same, that has made nothing equal yet. */
  void open(int reachable) {
    if (group != null) {
      group.die();
    }
    var wires = new CrashWire[devices.length];
    for (int member = 0; member < wires.length; member++) {
      if (((record.inSync | record.rebuilding) & reachable & 1 << member) != 0) {
        wires[member] = wire(member);
        if ((hanging & 1 << member) != 0) {
          wires[member].hang();
        }
      }
    }
    connections = wires;
    var log = new WriteIntentLog(layout, identities, settings);
    log.stampsFrom(owners++ << 8);
    group = new CrashGroup(log, record, layout, reactor, random, wires);
    boolean[] opened = new boolean[1];
    log.open(yes -> opened[0] = yes);
    until(() -> opened[0]);
  }

  void write(int start, int count, int value) {
    boolean[] done = new boolean[1];
    group.write(start, count, filled(count, value), () -> done[0] = true);
    until(() -> done[0]);
  }

  static byte[] filled(int count, int value) {
    byte[] data = new byte[count * BLOCK];
    Arrays.fill(data, (byte) value);
    return data;
  }

  /** Takes a member out; the removal is known then. */
  void remove(int member) {
    group.lose(member, false);
    until(() -> (record.inSync & 1 << member) == 0 && group.failed() == 0);
  }

  /** Brings a member into the write set. */
  void bringBack(int member) {
    boolean[] back = new boolean[1];
    group.beginRebuild(member, wire(member), yes -> back[0] = yes);
    until(() -> back[0]);
  }

  byte[] data(int member) {
    return devices[member].bytes(layout.dataStartBlock(), layout.dataBlocks());
  }

  void until(BooleanSupplier reached) {
    for (int i = 0; !reached.getAsBoolean(); i++) {
      if (i == 100_000) {
        throw new AssertionError("never: " + group);
      }
      reactor.advance(MILLI / 10);
    }
  }

  @Override
  public void close() {
    reactor.close();
  }
}
