package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.ManualReactor;
import io.dnvme.volume.intent.PlainIntentLog;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** A group over devices, a log, a record and a lease that a test steers. */
final class MirrorRig implements AutoCloseable {

  static final int BLOCK = 512;
  static final int BLOCKS = 64;

  /** On each member, where the group's data begins. */
  static final int HEADER_BLOCKS = 8;

  static final BlockGeometry GEOMETRY = new BlockGeometry(BLOCK, BLOCKS);
  static final BlockGeometry MEMBER_GEOMETRY = new BlockGeometry(BLOCK, BLOCKS + HEADER_BLOCKS);

  /** A command of a host, and what became of it. */
  static final class Host {
    final BlockIo io;
    final byte[] data;
    BlockStatus status;

    Host(BlockIo io, byte[] data) {
      this.io = io;
      this.data = data;
    }

    boolean isDone() {
      return status != null;
    }

    int value() {
      return data[0];
    }
  }

  final ManualReactor home = new ManualReactor();
  final SteeredDevice[] devices;
  final PlainIntentLog log;
  final PlainMembership record;
  final MirrorDevice mirror;
  final List<Integer> removed = new ArrayList<>();
  boolean mayAnswer = true;
  String stopReason;

  MirrorRig(int members) {
    this(members, MirrorOptions.DEFAULTS, Set.of());
  }

  /** In-sync members that are so far away. */
  MirrorRig(int[] distances) {
    this(states(distances.length), MirrorOptions.DEFAULTS, Set.of(), false, distances);
  }

  MirrorRig(int members, MirrorOptions options, Set<PlantedBug> bugs) {
    this(states(members), options, bugs, false);
  }

  MirrorRig(
      List<MemberState> states,
      MirrorOptions options,
      Set<PlantedBug> bugs,
      boolean volatileCaches) {
    this(states, options, bugs, volatileCaches, new int[states.size()]);
  }

  private MirrorRig(
      List<MemberState> states,
      MirrorOptions options,
      Set<PlantedBug> bugs,
      boolean volatileCaches,
      int[] distances) {
    devices = new SteeredDevice[states.size()];
    List<MemberSpec> specs = new ArrayList<>();
    int inSync = 0;
    int rebuilding = 0;
    for (int i = 0; i < devices.length; i++) {
      byte[] content = new byte[(int) MEMBER_GEOMETRY.sizeBytes()];
      devices[i] = new SteeredDevice(MEMBER_GEOMETRY, content, volatileCaches);
      specs.add(
          new MemberSpec(new UUID(0, i), devices[i], HEADER_BLOCKS, states.get(i), distances[i]));
      inSync |= states.get(i) == MemberState.IN_SYNC ? 1 << i : 0;
      rebuilding |= states.get(i) == MemberState.REBUILDING ? 1 << i : 0;
    }
    log = new PlainIntentLog(BLOCKS, devices.length);
    record = new PlainMembership(inSync, rebuilding);
    var listener =
        new MirrorListener() {
          @Override
          public void memberRemoved(int member, BlockDevice device) {
            removed.add(member);
            // Disconnected: what it has ends.
            ((SteeredDevice) device).down(BlockStatus.PATH_LOST);
          }

          @Override
          public void stopped(String reason) {
            stopReason = reason;
          }
        };
    mirror =
        new MirrorDevice(
            new MirrorSetup(
                home, GEOMETRY, specs, log, record, () -> mayAnswer, listener, options, bugs));
  }

  private static List<MemberState> states(int members) {
    return java.util.Collections.nCopies(members, MemberState.IN_SYNC);
  }

  Host read(long start, int count) {
    return submit(BlockOp.READ, start, count, 0, 0, false);
  }

  Host write(long start, int count, int value) {
    return submit(BlockOp.WRITE, start, count, value, 0, false);
  }

  Host compare(long start, int count, int value) {
    return submit(BlockOp.COMPARE, start, count, value, 0, false);
  }

  Host compareAndWrite(long start, int count, int expected, int value) {
    return submit(BlockOp.COMPARE_AND_WRITE, start, count, value, expected, false);
  }

  Host flush() {
    return submit(BlockOp.FLUSH, 0, 0, 0, 0, false);
  }

  Host submit(BlockOp op, long start, int count, int value, int expected, boolean unitAccess) {
    byte[] data = new byte[count * BLOCK];
    java.util.Arrays.fill(data, (byte) value);
    var host = new Host(new BlockIo(home), data);
    host.io.prepare(op, start, count).forceUnitAccess(unitAccess);
    switch (op) {
      case READ, WRITE, COMPARE -> host.io.data().add(MemorySegment.ofArray(data), 0, data.length);
      case COMPARE_AND_WRITE -> {
        byte[] compared = new byte[data.length];
        java.util.Arrays.fill(compared, (byte) expected);
        host.io.data().add(MemorySegment.ofArray(data), 0, data.length);
        host.io.compareData().add(MemorySegment.ofArray(compared), 0, data.length);
      }
      case FLUSH, WRITE_ZEROES, DEALLOCATE -> {}
    }
    host.io.onCompletion(
        done -> {
          if (host.status != null) {
            throw new AssertionError("completed twice: " + done);
          }
          host.status = done.status();
          // Its memory is the submitter's again: who still writes there is found out.
          if (op != BlockOp.READ) {
            java.util.Arrays.fill(data, (byte) 0xDB);
          }
        },
        null);
    mirror.submit(host.io);
    return host;
  }

  void holdAll() {
    for (SteeredDevice device : devices) {
      device.hold();
    }
  }

  /** What a member has in a block of the group. */
  int value(int member, long block) {
    return devices[member].value(block + HEADER_BLOCKS);
  }

  @Override
  public void close() {
    for (SteeredDevice device : devices) {
      device.goOn();
    }
    mirror.close();
    home.settle();
    home.close();
  }
}
