package io.dnvme.disk.format;

import static io.dnvme.disk.format.OpenDisk.EXTENT_BYTES;
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
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Admitting, cutting, draining: what an old owner sent never comes after what a new one sees. */
class AdmissionsTest {

  private static final int BLOCK = 4096;
  private static final UUID A = new UUID(10, 1);
  private static final Epoch FIVE = new Epoch(5, new UUID(20, 5));
  private static final Epoch SIX = new Epoch(6, new UUID(20, 6));
  private static final long SECOND_NANOS = 1_000_000_000;

  private final ManualReactor reactor = new ManualReactor();
  private final FaultDevice device =
      new FaultDevice(
          new PowerLossDevice(
              new BlockGeometry(BLOCK, (OpenDisk.FIRST_EXTENT_BYTES + 4 * EXTENT_BYTES) / BLOCK),
              true,
              new Random(1)));
  private final OpenDisk disk = new OpenDisk(reactor, device);
  private final List<String> cut = new ArrayList<>();

  @AfterEach
  void close() {
    reactor.close();
  }

  private DiskStore admitted(Epoch epoch, PlantedBug... bugs) {
    disk.format();
    DiskStore store = disk.open(bugs);
    disk.allocate(store, A, 1);
    disk.<LogicalDisk>done(done -> store.admit(A, epoch, done));
    return store;
  }

  private SliceDevice attach(DiskStore store, Epoch epoch, String name) {
    return disk.done(done -> store.attach(A, epoch, () -> cut.add(name), done));
  }

  /** A write that hangs in the disk until it is released. */
  private List<BlockStatus> hangingWrite(SliceDevice target, int value) {
    device.inject(new Fault.Hold()).on(BlockOp.WRITE).times(1);
    var outcomes = new ArrayList<BlockStatus>();
    byte[] content = new byte[BLOCK];
    MemorySegment.ofArray(content).set(ValueLayout.JAVA_INT_UNALIGNED, 0, value);
    BlockIo io =
        new BlockIo(reactor)
            .prepare(BlockOp.WRITE, 0, 1)
            .onCompletion(done -> outcomes.add(done.status()), null);
    io.data().add(MemorySegment.ofArray(content), 0, BLOCK);
    target.submit(io);
    assertThat(device.held()).isEqualTo(1);
    device.heal();
    return outcomes;
  }

  @Test
  void higherEpoch_isAnsweredOnlyWhenTheOldOwnersCommandsHaveEnded() {
    DiskStore store = admitted(FIVE);
    SliceDevice old = attach(store, FIVE, "old");
    List<BlockStatus> late = hangingWrite(old, 7);
    var answers = new ArrayList<StoreOutcome<LogicalDisk>>();
    store.admit(A, SIX, answers::add);
    reactor.advance(SECOND_NANOS);
    assertThat(cut).containsExactly("old");
    assertThat(disk.submit(old, BlockOp.FLUSH, 0, 0)).isEqualTo(BlockStatus.PATH_LOST);
    assertThat(answers).isEmpty();
    device.release();
    reactor.advance(SECOND_NANOS);
    assertThat(late).containsExactly(BlockStatus.SUCCESS);
    assertThat(answers).hasSize(1).allMatch(answer -> answer instanceof Done<LogicalDisk>);
  }

  @Test
  void forgottenDrain_wouldBeSeen() {
    DiskStore store = admitted(FIVE, PlantedBug.FORGET_DRAIN);
    hangingWrite(attach(store, FIVE, "old"), 7);
    var answers = new ArrayList<StoreOutcome<LogicalDisk>>();
    store.admit(A, SIX, answers::add);
    reactor.advance(SECOND_NANOS);
    assertThat(answers).as("answered while a command of the old owner is in flight").hasSize(1);
    device.release();
    reactor.advance(SECOND_NANOS);
  }

  @Test
  void otherEpochs_cannotAttach() {
    DiskStore store = admitted(FIVE);
    for (Epoch epoch :
        new Epoch[] {new Epoch(4, FIVE.incarnation()), new Epoch(5, new UUID(0, 9)), SIX}) {
      Refused<SliceDevice> refused = disk.refused(done -> store.attach(A, epoch, () -> {}, done));
      assertThat(refused.reason()).as("%s", epoch).isEqualTo(Reason.STALE_EPOCH);
    }
    Refused<SliceDevice> unknown =
        disk.refused(done -> store.attach(new UUID(1, 9), FIVE, () -> {}, done));
    assertThat(unknown.reason()).isEqualTo(Reason.NOT_FOUND);
  }

  @Test
  void neverAdmitted_nobodyAttaches() {
    disk.format();
    DiskStore store = disk.open();
    disk.allocate(store, A, 1);
    Refused<SliceDevice> refused =
        disk.refused(done -> store.attach(A, Epoch.NONE, () -> {}, done));
    assertThat(refused.reason()).isEqualTo(Reason.STALE_EPOCH);
  }

  @Test
  void epochThatIsNotDurableYet_cannotAttach() {
    DiskStore store = admitted(FIVE);
    device.inject(new Fault.Hold()).on(BlockOp.FLUSH).times(1);
    store.admit(A, SIX, outcome -> {});
    reactor.advance(SECOND_NANOS);
    for (Epoch epoch : new Epoch[] {FIVE, SIX}) {
      Refused<SliceDevice> refused = disk.refused(done -> store.attach(A, epoch, () -> {}, done));
      assertThat(refused.reason()).isEqualTo(Reason.STALE_EPOCH);
    }
    device.release();
    reactor.advance(SECOND_NANOS);
    attach(store, SIX, "new");
  }

  @Test
  void secondAssociationOfTheSameEpoch_cutsTheFirst_andWaitsForIt() {
    DiskStore store = admitted(FIVE);
    SliceDevice first = attach(store, FIVE, "first");
    List<BlockStatus> late = hangingWrite(first, 7);
    var answers = new ArrayList<StoreOutcome<SliceDevice>>();
    store.attach(A, FIVE, () -> cut.add("second"), answers::add);
    store.attach(A, FIVE, () -> cut.add("third"), answers::add);
    reactor.advance(SECOND_NANOS);
    assertThat(cut).containsExactly("first");
    assertThat(answers).isEmpty();
    device.release();
    reactor.advance(SECOND_NANOS);
    assertThat(late).containsExactly(BlockStatus.SUCCESS);
    assertThat(answers).hasSize(2).allMatch(answer -> answer instanceof Done<SliceDevice>);
    assertThat(cut).containsExactly("first", "second");
  }

  @Test
  void sameEpochAdmittedAgain_cutsItsOwnAssociation() {
    DiskStore store = admitted(FIVE);
    SliceDevice first = attach(store, FIVE, "first");
    disk.<LogicalDisk>done(done -> store.admit(A, FIVE, done));
    assertThat(cut).containsExactly("first");
    assertThat(disk.submit(first, BlockOp.FLUSH, 0, 0)).isEqualTo(BlockStatus.PATH_LOST);
  }

  @Test
  void overtakenWhileItWaits_isStale() {
    DiskStore store = admitted(FIVE);
    List<BlockStatus> late = hangingWrite(attach(store, FIVE, "old"), 7);
    var answers = new ArrayList<StoreOutcome<LogicalDisk>>();
    store.admit(A, SIX, answers::add);
    reactor.advance(SECOND_NANOS);
    store.admit(A, SIX.next(FIVE.incarnation()), answers::add);
    device.release();
    reactor.advance(SECOND_NANOS);
    assertThat(late).hasSize(1);
    assertThat(answers).hasSize(2);
    assertThat(answers.getFirst()).isInstanceOf(Refused.class);
    assertThat(answers.getLast()).isInstanceOf(Done.class);
  }

  @Test
  void detached_isDrained_andTheNextOneNeedNotWait() {
    DiskStore store = admitted(FIVE);
    SliceDevice first = attach(store, FIVE, "first");
    List<BlockStatus> late = hangingWrite(first, 7);
    var drained = new ArrayList<Boolean>();
    store.detach(A, first, () -> drained.add(true));
    reactor.advance(SECOND_NANOS);
    assertThat(drained).isEmpty();
    device.release();
    reactor.advance(SECOND_NANOS);
    assertThat(drained).hasSize(1);
    assertThat(late).hasSize(1);
    store.detach(A, first, () -> drained.add(true));
    assertThat(drained).hasSize(2);
    attach(store, FIVE, "second");
    assertThat(cut).containsExactly("first");
  }

  @Test
  void growth_isTheOwnersMatter() {
    DiskStore store = admitted(FIVE);
    var four = new Epoch(4, FIVE.incarnation());
    var other = new Epoch(5, SIX.incarnation());
    for (Epoch epoch : List.of(Epoch.NONE, four, other, SIX)) {
      Refused<LogicalDisk> refused = disk.refused(done -> store.grow(A, epoch, 3, done));
      assertThat(refused.reason()).isEqualTo(Reason.STALE_EPOCH);
      assertThat(refused.message()).contains("does not grow for " + epoch);
    }
    // The next owner's admission is on its way: the one before has no say any more.
    store.admit(A, SIX, outcome -> {});
    Refused<LogicalDisk> late = disk.refused(done -> store.grow(A, FIVE, 3, done));
    assertThat(late.reason()).isEqualTo(Reason.STALE_EPOCH);
    assertThat(disk.<LogicalDisk>done(done -> store.grow(A, SIX, 3, done)).extentCount())
        .isEqualTo(3);
  }

  @Test
  void growth_isSeenByWhoIsAttached() {
    DiskStore store = admitted(FIVE);
    SliceDevice attached = attach(store, FIVE, "first");
    assertThat(attached.geometry().sizeBytes()).isEqualTo(EXTENT_BYTES);
    disk.grow(store, A, 3);
    assertThat(attached.geometry().sizeBytes()).isEqualTo(3 * EXTENT_BYTES);
    long last = attached.geometry().blockCount() - 1;
    assertThat(disk.write(attached, last, new byte[BLOCK])).isEqualTo(BlockStatus.SUCCESS);
    assertThat(disk.write(attached, last + 1, new byte[BLOCK])).isEqualTo(BlockStatus.OUT_OF_RANGE);
  }
}
