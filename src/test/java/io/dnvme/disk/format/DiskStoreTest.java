package io.dnvme.disk.format;

import static io.dnvme.disk.format.OpenDisk.BOOT;
import static io.dnvme.disk.format.OpenDisk.CLUSTER;
import static io.dnvme.disk.format.OpenDisk.DISK;
import static io.dnvme.disk.format.OpenDisk.EXTENT_BYTES;
import static io.dnvme.disk.format.OpenDisk.LEG;
import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.BlockGeometry;
import io.dnvme.block.BlockIo;
import io.dnvme.block.BlockOp;
import io.dnvme.block.BlockStatus;
import io.dnvme.block.FaultDevice;
import io.dnvme.block.FaultDevice.Fault;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.admission.Epoch;
import io.dnvme.disk.format.StoreOutcome.Done;
import io.dnvme.disk.format.StoreOutcome.Reason;
import io.dnvme.disk.format.StoreOutcome.Refused;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DiskStoreTest {

  private static final int EXTENTS = 10;
  private static final int BLOCK = 4096;
  private static final UUID A = new UUID(10, 1);
  private static final UUID B = new UUID(10, 2);
  private static final UUID C = new UUID(10, 3);
  private static final long FIRST_EXTENT = OpenDisk.FIRST_EXTENT_BYTES / BLOCK;
  private static final long FAR = 1 << 30;
  private static final Epoch ONE = new Epoch(1, new UUID(20, 1));
  private static final FreeRight NEVER_ADMITTED = new FreeRight.NeverAdmitted();

  private final ManualReactor reactor = new ManualReactor();
  private final PowerLossDevice medium =
      new PowerLossDevice(
          new BlockGeometry(
              BLOCK, OpenDisk.FIRST_EXTENT_BYTES / BLOCK + EXTENTS * EXTENT_BYTES / BLOCK),
          true,
          new Random(1));
  private final FaultDevice device = new FaultDevice(medium);
  private final OpenDisk disk = new OpenDisk(reactor, device);

  @AfterEach
  void close() {
    reactor.close();
  }

  private DiskStore formatted() {
    disk.format();
    return disk.open();
  }

  private static byte[] filled(int blocks, int value) {
    byte[] content = new byte[blocks * BLOCK];
    Arrays.fill(content, (byte) value);
    return content;
  }

  @Test
  void formatted_isEmpty_andAllExtentsBecomeFree() {
    DiskStore store = formatted();
    assertThat(store.diskId()).isEqualTo(DISK);
    assertThat(store.clusterId()).isEqualTo(CLUSTER);
    assertThat(store.powerIncarnation()).isEqualTo(BOOT);
    assertThat(store.list()).isEmpty();
    assertThat(store.isZeroed()).isTrue();
    assertThat(store.usage()).isEqualTo(new DiskUsage(EXTENT_BYTES, EXTENTS, 0, 0, 0, 0, EXTENTS));
  }

  @Test
  void allocated_grown_admitted_isFoundAgain() {
    DiskStore store = formatted();
    Description description = Description.of(new byte[] {1, 2, 3});
    disk.<LogicalDisk>done(done -> store.allocate(A, LEG, 2, description, done));
    disk.allocate(store, B, 1);
    disk.grow(store, A, 4);
    disk.<LogicalDisk>done(done -> store.admit(A, ONE, done));
    var expected = new LogicalDisk(A, LEG, 4, ONE, description);
    assertThat(store.find(A)).contains(expected);
    DiskStore again = disk.open();
    assertThat(again.list())
        .containsExactlyInAnyOrder(
            expected, new LogicalDisk(B, LEG, 1, Epoch.NONE, Description.NONE));
    assertThat(again.usage()).isEqualTo(new DiskUsage(EXTENT_BYTES, 5, 5, 0, 0, 2, EXTENTS));
  }

  @Test
  void askedAgain_allocateAndGrow_sayTheyAreDone() {
    DiskStore store = formatted();
    LogicalDisk first = disk.allocate(store, A, 2);
    assertThat(disk.allocate(store, A, 2)).isEqualTo(first);
    assertThat(disk.grow(store, A, 3)).isEqualTo(disk.grow(store, A, 3));
    assertThat(store.usage().used()).isEqualTo(3);
    Refused<LogicalDisk> other =
        disk.refused(done -> store.allocate(A, LEG, 1, Description.NONE, done));
    assertThat(other.reason()).isEqualTo(Reason.CONFLICT);
  }

  @Test
  void sizesThatCannotBe_areRefused_andNothingChanges() {
    DiskStore store = formatted();
    disk.allocate(store, A, 2);
    DiskUsage before = store.usage();
    for (int extents : new int[] {0, -1}) {
      Refused<LogicalDisk> refused =
          disk.refused(done -> store.allocate(B, LEG, extents, Description.NONE, done));
      assertThat(refused.reason()).isEqualTo(Reason.INVALID);
    }
    Refused<LogicalDisk> tooLarge =
        disk.refused(done -> store.allocate(B, LEG, EXTENTS - 1, Description.NONE, done));
    assertThat(tooLarge.reason()).isEqualTo(Reason.NO_SPACE);
    assertThat(tooLarge.message()).contains("9 extents are needed, 8 are free");
    Refused<LogicalDisk> shrinks = disk.refused(done -> store.grow(A, Epoch.NONE, 1, done));
    assertThat(shrinks.reason()).isEqualTo(Reason.INVALID);
    Refused<LogicalDisk> growsTooFar =
        disk.refused(done -> store.grow(A, Epoch.NONE, EXTENTS + 1, done));
    assertThat(growsTooFar.reason()).isEqualTo(Reason.NO_SPACE);
    Refused<LogicalDisk> unknown = disk.refused(done -> store.grow(C, Epoch.NONE, 1, done));
    assertThat(unknown.reason()).isEqualTo(Reason.NOT_FOUND);
    Refused<LogicalDisk> nil =
        disk.refused(done -> store.allocate(new UUID(0, 0), LEG, 1, Description.NONE, done));
    assertThat(nil.reason()).isEqualTo(Reason.INVALID);
    assertThat(store.usage()).isEqualTo(before);
  }

  @Test
  void diskThatIsFull_servesWhatItHas_andTakesMoreWhenSomethingIsFreed() {
    DiskStore store = formatted();
    for (int i = 0; i < EXTENTS; i++) {
      disk.allocate(store, new UUID(30, i), 1);
    }
    assertThat(store.usage().free()).isZero();
    Refused<LogicalDisk> refused =
        disk.refused(done -> store.allocate(A, LEG, 1, Description.NONE, done));
    assertThat(refused.reason()).isEqualTo(Reason.NO_SPACE);
    disk.<LogicalDisk>done(done -> store.free(new UUID(30, 4), NEVER_ADMITTED, done));
    disk.allocate(store, A, 1);
  }

  @Test
  void freedSpace_isZeroForTheNextOwner_whoeverZeroesIt() {
    for (boolean lies : new boolean[] {false, true}) {
      var liar = new PowerLossDevice(medium.geometry(), !lies, new Random(2));
      // Promises zeroes after a deallocation, whatever it does.
      var promising = new PromisingDevice(liar);
      var own = new OpenDisk(reactor, promising);
      own.format();
      DiskStore store = own.open();
      own.allocate(store, A, EXTENTS);
      byte[] secret = filled(3, 0x77);
      SliceDevice data = store.unguarded(A).orElseThrow();
      for (long block = 5; block < data.geometry().blockCount(); block += 700) {
        if (block + 3 < data.geometry().blockCount()) {
          own.write(data, block, secret);
        }
      }
      own.<LogicalDisk>done(done -> store.free(A, NEVER_ADMITTED, done));
      assertThat(store.usage().free()).isEqualTo(EXTENTS);
      own.allocate(store, B, EXTENTS);
      SliceDevice next = store.unguarded(B).orElseThrow();
      for (long block = 0; block < next.geometry().blockCount(); block += 128) {
        assertThat(own.read(next, block, 128 * BLOCK)).containsOnly(0);
      }
    }
  }

  @Test
  void freed_isGone_andItsCommandsEnd() {
    DiskStore store = formatted();
    disk.allocate(store, A, 1);
    SliceDevice data = store.unguarded(A).orElseThrow();
    disk.<LogicalDisk>done(done -> store.free(A, NEVER_ADMITTED, done));
    assertThat(store.find(A)).isEmpty();
    assertThat(store.unguarded(A)).isEmpty();
    assertThat(disk.write(data, 0, filled(1, 1))).isEqualTo(BlockStatus.PATH_LOST);
    Refused<LogicalDisk> again = disk.refused(done -> store.free(A, NEVER_ADMITTED, done));
    assertThat(again.reason()).isEqualTo(Reason.NOT_FOUND);
  }

  @Test
  void freedWithACommandInFlight_isZeroedOnlyAfterIt() {
    DiskStore store = formatted();
    disk.allocate(store, A, EXTENTS);
    SliceDevice data = store.unguarded(A).orElseThrow();
    device
        .inject(new Fault.Hold())
        .on(BlockOp.WRITE)
        .at(data.geometry().blockCount() / 2, 1L << 40)
        .times(1);
    var late = new ArrayList<BlockStatus>();
    var io =
        new BlockIo(reactor)
            .prepare(BlockOp.WRITE, data.geometry().blockCount() - 1, 1)
            .onCompletion(done -> late.add(done.status()), null);
    io.data().add(MemorySegment.ofArray(filled(1, 9)), 0, BLOCK);
    data.submit(io);
    disk.<LogicalDisk>done(done -> store.free(A, NEVER_ADMITTED, done));
    assertThat(store.isZeroed()).isFalse();
    assertThat(store.usage().zeroing()).isEqualTo(EXTENTS);
    Refused<LogicalDisk> tooEarly =
        disk.refused(done -> store.allocate(A, LEG, 1, Description.NONE, done));
    assertThat(tooEarly.reason()).isEqualTo(Reason.CONFLICT);
    device.release();
    reactor.advance(60_000_000_000L);
    assertThat(late).containsExactly(BlockStatus.SUCCESS);
    assertThat(store.isZeroed()).isTrue();
    assertThat(store.usage().free()).isEqualTo(EXTENTS);
    assertThat(medium.isZero(OpenDisk.FIRST_EXTENT_BYTES, EXTENTS * EXTENT_BYTES)).isTrue();
  }

  @Test
  void lowerEpochs_andEqualOnesOfAnother_areRefused_alsoAfterOpening() {
    DiskStore store = formatted();
    disk.allocate(store, A, 1);
    var five = new Epoch(5, new UUID(20, 5));
    disk.<LogicalDisk>done(done -> store.admit(A, five, done));
    for (DiskStore each : new DiskStore[] {store, disk.open()}) {
      for (Epoch refused :
          new Epoch[] {
            new Epoch(4, five.incarnation()), new Epoch(5, new UUID(20, 6)), Epoch.NONE
          }) {
        Refused<LogicalDisk> outcome = disk.refused(done -> each.admit(A, refused, done));
        assertThat(outcome.reason()).isEqualTo(Reason.STALE_EPOCH);
        assertThat(outcome.message()).contains(five.toString());
      }
      LogicalDisk same = disk.done(done -> each.admit(A, five, done));
      assertThat(same.admitted()).isEqualTo(five);
    }
  }

  @Test
  void admissionUnderWay_refusesLowerOnesAtOnce_andAnswersItsOwnOnlyWhenDurable() {
    DiskStore store = formatted();
    disk.allocate(store, A, 1);
    var five = new Epoch(5, new UUID(20, 5));
    device.inject(new Fault.Hold()).on(BlockOp.FLUSH).times(1);
    var answers = new ArrayList<StoreOutcome<LogicalDisk>>();
    store.admit(A, five, answers::add);
    store.admit(A, five, answers::add);
    reactor.advance(1_000_000_000);
    assertThat(answers).isEmpty();
    assertThat(store.asked(A)).isEqualTo(five);
    assertThat(store.find(A).orElseThrow().admitted()).isEqualTo(Epoch.NONE);
    Refused<LogicalDisk> lower = disk.refused(done -> store.admit(A, ONE, done));
    assertThat(lower.reason()).isEqualTo(Reason.STALE_EPOCH);
    device.release();
    reactor.advance(1_000_000_000);
    assertThat(answers).hasSize(2).allMatch(answer -> answer instanceof Done<LogicalDisk>);
  }

  @Test
  void admissionsThatComeTogether_shareFlushes() {
    DiskStore store = formatted();
    for (int i = 0; i < EXTENTS; i++) {
      disk.allocate(store, new UUID(30, i), 1);
    }
    long before = medium.flushes();
    var answers = new ArrayList<StoreOutcome<LogicalDisk>>();
    for (int i = 0; i < EXTENTS; i++) {
      store.admit(new UUID(30, i), ONE, answers::add);
    }
    reactor.advance(1_000_000_000);
    assertThat(answers).hasSize(EXTENTS);
    assertThat(medium.flushes() - before).isEqualTo(2);
  }

  @Test
  void admittedOnce_isFreedByItsOwnerOrADeletedRecordOnly() {
    DiskStore store = formatted();
    var five = new Epoch(5, new UUID(20, 5));
    var six = new Epoch(6, new UUID(20, 6));
    for (FreeRight right :
        new FreeRight[] {new FreeRight.Owner(five), new FreeRight.DeletedRecord(six)}) {
      disk.allocate(store, A, 1);
      disk.<LogicalDisk>done(done -> store.admit(A, five, done));
      for (FreeRight none :
          new FreeRight[] {
            NEVER_ADMITTED,
            new FreeRight.Owner(six),
            new FreeRight.Owner(new Epoch(5, six.incarnation())),
            new FreeRight.DeletedRecord(ONE)
          }) {
        Refused<LogicalDisk> refused = disk.refused(done -> store.free(A, none, done));
        assertThat(refused.reason()).as("%s", none).isEqualTo(Reason.STALE_EPOCH);
      }
      disk.<LogicalDisk>done(done -> store.free(A, right, done));
    }
  }

  @Test
  void failedFlush_ofTheData_failsTheWholeDisk() {
    DiskStore store = formatted();
    disk.allocate(store, A, 1);
    disk.allocate(store, B, 1);
    device.inject(new Fault.Fail(BlockStatus.WRITE_FAULT)).on(BlockOp.FLUSH).times(1);
    SliceDevice data = store.unguarded(A).orElseThrow();
    assertThat(disk.submit(data, BlockOp.FLUSH, 0, 0)).isEqualTo(BlockStatus.WRITE_FAULT);
    assertThat(store.failure()).isPresent();
    assertThat(disk.submit(data, BlockOp.FLUSH, 0, 0)).isEqualTo(BlockStatus.FAILED);
    assertThat(disk.write(store.unguarded(B).orElseThrow(), 0, filled(1, 1)))
        .isEqualTo(BlockStatus.FAILED);
    Refused<LogicalDisk> admit = disk.refused(done -> store.admit(A, ONE, done));
    assertThat(admit.reason()).isEqualTo(Reason.FAILED);
    Refused<LogicalDisk> grow = disk.refused(done -> store.grow(A, Epoch.NONE, 2, done));
    assertThat(grow.reason()).isEqualTo(Reason.FAILED);
    Refused<LogicalDisk> free = disk.refused(done -> store.free(A, NEVER_ADMITTED, done));
    assertThat(free.reason()).isEqualTo(Reason.FAILED);
    assertThat(disk.open().find(A).orElseThrow().admitted()).isEqualTo(Epoch.NONE);
  }

  @Test
  void failedFlush_ofTheTables_failsTheWholeDisk() {
    DiskStore store = formatted();
    disk.allocate(store, A, 1);
    SliceDevice data = store.unguarded(A).orElseThrow();
    device.inject(new Fault.Fail(BlockStatus.WRITE_FAULT)).on(BlockOp.FLUSH).times(1);
    Refused<LogicalDisk> admit = disk.refused(done -> store.admit(A, ONE, done));
    assertThat(admit.reason()).isEqualTo(Reason.FAILED);
    assertThat(disk.write(data, 0, filled(1, 1))).isEqualTo(BlockStatus.FAILED);
  }

  @Test
  void failedWriteThrough_failsTheWholeDisk() {
    DiskStore store = formatted();
    disk.allocate(store, A, 1);
    disk.<LogicalDisk>done(done -> store.admit(A, ONE, done));
    device.inject(new Fault.Fail(BlockStatus.FAILED)).on(BlockOp.WRITE).times(1);
    disk.write(store.unguarded(A).orElseThrow(), 0, filled(1, 1));
    assertThat(store.failure()).isPresent();
    Refused<LogicalDisk> same = disk.refused(done -> store.admit(A, ONE, done));
    assertThat(same.reason()).isEqualTo(Reason.FAILED);
  }

  /** On a disk that can only be zeroed by writing, an extent takes its time. */
  @Test
  void extentsThatTakeLongToZero_areFreeOneByOne() {
    disk.format();
    device.inject(new Fault.Delay(1_000_000_000L)).on(BlockOp.DEALLOCATE).at(FIRST_EXTENT, FAR);
    var opened = new ArrayList<StoreOutcome<DiskStore>>();
    DiskStore.open(reactor, device, CLUSTER, BOOT, opened::add);
    reactor.advance(2_500_000_000L);
    DiskStore store = ((Done<DiskStore>) opened.getFirst()).value();
    assertThat(store.usage().free()).isBetween(1, EXTENTS - 1);
    reactor.advance(60_000_000_000L);
    assertThat(store.usage().free()).isEqualTo(EXTENTS);
  }

  /** The way that is used for the others was tried out, too. */
  @Test
  void zeroingThatFailsWhenItIsTriedOut_isTriedOutAgain() {
    disk.format();
    device
        .inject(new Fault.Fail(BlockStatus.CAPACITY_EXCEEDED))
        .on(BlockOp.WRITE)
        .at(DiskLayout.SCRATCH_OFFSET_BYTES / BLOCK, 1)
        .times(1);
    // What a device does that promises zeroes and does not keep to it.
    device
        .inject(new Fault.Pretend())
        .on(BlockOp.DEALLOCATE)
        .at(DiskLayout.SCRATCH_OFFSET_BYTES / BLOCK, 1);
    DiskStore store = disk.open();
    reactor.advance(200_000_000_000L);
    assertThat(store.usage().free()).isEqualTo(EXTENTS);
    assertThat(store.zeroingMethod()).isEqualTo(Zeroer.Method.WRITE_ZEROES);
  }

  @Test
  void extentThatCannotBeZeroed_isNotFree_andIsTriedAgain() {
    disk.format();
    device
        .inject(new Fault.Fail(BlockStatus.WRITE_FAULT))
        .on(BlockOp.DEALLOCATE)
        .at(OpenDisk.FIRST_EXTENT_BYTES / BLOCK + 2 * EXTENT_BYTES / BLOCK, 1);
    DiskStore store = disk.open();
    assertThat(store.usage().free()).isEqualTo(EXTENTS - 1);
    assertThat(store.usage().zeroing()).isZero();
    assertThat(store.usage().unusable()).isEqualTo(1);
    assertThat(store.usage().extents()).isEqualTo(EXTENTS);
    assertThat(store.isZeroed()).isTrue();
    reactor.advance(200_000_000_000L);
    assertThat(store.usage().free()).isEqualTo(EXTENTS - 1);
    device.heal();
    reactor.advance(200_000_000_000L);
    assertThat(store.usage().free()).isEqualTo(EXTENTS);
    assertThat(store.usage().unusable()).isZero();
  }

  @Test
  void records_surviveOpening() {
    DiskStore store = formatted();
    PageStore records = disk.done(store::openRecords);
    assertThat(records.layout().pageCount()).isEqualTo(OpenDisk.RECORD_PAGES);
    records.contents().set(ValueLayout.JAVA_INT, records.offsetBytes(3), 7);
    records.changed(3);
    assertThat(disk.<BlockStatus>await(records::commit)).isEqualTo(BlockStatus.SUCCESS);
    PageStore again = disk.done(disk.open()::openRecords);
    assertThat(again.contents().get(ValueLayout.JAVA_INT, again.offsetBytes(3))).isEqualTo(7);
  }

  @Test
  void diskWithoutRoomForRecords_saysSo() {
    disk.format(OpenDisk.options().withRecordPages(0));
    Refused<PageStore> refused = disk.refused(disk.open()::openRecords);
    assertThat(refused.reason()).isEqualTo(Reason.INVALID);
  }
}
