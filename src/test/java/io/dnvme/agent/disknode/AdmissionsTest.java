package io.dnvme.agent.disknode;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.agent.disknode.Admissions.Outcome;
import io.dnvme.block.ManualReactor;
import io.dnvme.disk.admission.Epoch;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class AdmissionsTest {

  private static final UUID DISK = new UUID(1, 1);
  private static final UUID OTHER_DISK = new UUID(1, 2);
  private static final Epoch ONE = new Epoch(1, new UUID(9, 1));
  private static final Epoch TWO = new Epoch(2, new UUID(9, 2));
  private static final Epoch RIVAL_OF_TWO = new Epoch(2, new UUID(9, 3));

  /** Writes down what happens, and finishes what the test says. */
  private static final class Course implements Admissions.Store, Admissions.Exports {
    private final List<String> events = new ArrayList<>();
    private final List<Runnable> writes = new ArrayList<>();
    private final List<Runnable> drains = new ArrayList<>();
    private final Map<UUID, Epoch> admitted = new HashMap<>();
    private final List<UUID> forgotten = new ArrayList<>();
    private Outcome writeOutcome = Outcome.ADMITTED;
    private Outcome offerOutcome = Outcome.ADMITTED;

    @Override
    public void admit(UUID logicalDisk, Epoch epoch, Consumer<Outcome> done) {
      Epoch before = admitted.getOrDefault(logicalDisk, Epoch.NONE);
      if (!epoch.mayFollow(before)) {
        done.accept(Outcome.STALE_EPOCH);
        return;
      }
      events.add("write " + epoch.number());
      writes.add(() -> {
        admitted.put(logicalDisk, epoch);
        done.accept(writeOutcome);
      });
    }

    @Override
    public void offer(UUID logicalDisk, Epoch epoch, Consumer<Outcome> done) {
      events.add("offer " + epoch.number());
      done.accept(offerOutcome);
    }

    @Override
    public void withdraw(UUID logicalDisk, Epoch epoch, Runnable drained) {
      events.add("withdraw " + epoch.number());
      drains.add(drained);
    }

    @Override
    public void forget(UUID logicalDisk) {
      forgotten.add(logicalDisk);
    }

    void written() {
      writes.removeFirst().run();
    }

    void drained() {
      drains.removeFirst().run();
    }
  }

  private final Course course = new Course();
  private final ManualReactor reactor = new ManualReactor();

  private Admissions admissions(PlantedBug... bugs) {
    return new Admissions(
        reactor, course, course, bugs.length == 0 ? Set.of() : EnumSet.copyOf(List.of(bugs)));
  }

  private void admit(Admissions admissions, UUID disk, Epoch epoch) {
    admissions.admit(disk, epoch, outcome -> course.events.add(outcome + " " + epoch.number()));
  }

  @Test
  void firstAdmission_isDurable_thenOffered_thenAnswered() {
    var admissions = admissions();
    admit(admissions, DISK, ONE);
    assertThat(course.events).containsExactly("write 1");
    course.written();
    assertThat(course.events).containsExactly("write 1", "offer 1", "ADMITTED 1");
    assertThat(admissions.offered(DISK)).contains(ONE);
  }

  @Test
  void higherEpoch_cutsAndDrainsTheLower_beforeItIsAnswered() {
    var admissions = admissions();
    admissions.restore(DISK, ONE);
    course.admitted.put(DISK, ONE);
    course.events.clear();
    admit(admissions, DISK, TWO);
    course.written();
    assertThat(course.events).containsExactly("write 2", "withdraw 1");
    course.drained();
    assertThat(course.events).containsExactly("write 2", "withdraw 1", "offer 2", "ADMITTED 2");
  }

  @Test
  void lowerEpochAndRival_areRefused_andNothingIsTouched() {
    var admissions = admissions();
    course.admitted.put(DISK, TWO);
    admissions.restore(DISK, TWO);
    course.events.clear();
    admit(admissions, DISK, ONE);
    admit(admissions, DISK, RIVAL_OF_TWO);
    assertThat(course.events).containsExactly("STALE_EPOCH 1", "STALE_EPOCH 2");
    assertThat(admissions.offered(DISK)).contains(TWO);
  }

  @Test
  void repeatedAdmission_cutsTheAssociationsOfTheSameEpoch() {
    var admissions = admissions();
    course.admitted.put(DISK, ONE);
    admissions.restore(DISK, ONE);
    course.events.clear();
    admit(admissions, DISK, ONE);
    course.written();
    assertThat(course.events).containsExactly("write 1", "withdraw 1");
    course.drained();
    assertThat(course.events).containsExactly("write 1", "withdraw 1", "offer 1", "ADMITTED 1");
  }

  @Test
  void logicalDisks_doNotWaitForEachOther() {
    var admissions = admissions();
    admit(admissions, DISK, ONE);
    admit(admissions, OTHER_DISK, TWO);
    assertThat(course.events).containsExactly("write 1", "write 2");
  }

  @Test
  void failedWrite_offersNothing() {
    var admissions = admissions();
    course.writeOutcome = Outcome.FAILED;
    admit(admissions, DISK, ONE);
    course.written();
    assertThat(course.events).containsExactly("write 1", "FAILED 1");
    assertThat(admissions.offered(DISK)).isEmpty();
  }

  /** Whoever asks is told what it was: only a higher epoch ends its claim. */
  @Test
  void offerThatIsRefused_isToldAsItIs_andTheNextIsServed() {
    var admissions = admissions();
    for (Outcome refusal : List.of(Outcome.STALE_EPOCH, Outcome.FAILED, Outcome.UNKNOWN)) {
      course.events.clear();
      course.offerOutcome = refusal;
      admit(admissions, DISK, ONE);
      course.written();
      assertThat(course.events).containsExactly("write 1", "offer 1", refusal + " 1");
      assertThat(admissions.offered(DISK)).isEmpty();
    }
  }

  /** Who asks for what there is not must not fill the memory. */
  @Test
  void unknownDisks_areForgotten_andThoseThatAreOfferedAreNot() {
    var admissions = admissions();
    course.writeOutcome = Outcome.UNKNOWN;
    for (int i = 0; i < 100; i++) {
      admit(admissions, new UUID(8, i), ONE);
      course.written();
    }
    assertThat(course.forgotten).hasSize(100);
    assertThat(admissions.remembered()).isZero();
    course.writeOutcome = Outcome.ADMITTED;
    admit(admissions, DISK, ONE);
    course.written();
    assertThat(admissions.remembered()).isEqualTo(1);
    admissions.withdraw(DISK, () -> {});
    course.drained();
    assertThat(admissions.remembered()).isZero();
    assertThat(course.forgotten).contains(DISK);
  }

  @Test
  void tooManyWaiting_areRefused_andTheOthersAreServed() {
    var admissions = admissions();
    admit(admissions, DISK, ONE);
    for (int i = 0; i < Admissions.MAX_WAITING; i++) {
      admissions.admit(DISK, ONE, outcome -> {});
    }
    admit(admissions, DISK, ONE);
    assertThat(course.events).containsExactly("write 1", "BUSY 1");
    course.written();
    assertThat(course.events).contains("ADMITTED 1");
  }

  @Test
  void withdrawnDisk_isOfferedNoMore() {
    var admissions = admissions();
    admissions.restore(DISK, ONE);
    course.events.clear();
    admissions.withdraw(DISK, () -> course.events.add("gone"));
    course.drained();
    assertThat(course.events).containsExactly("withdraw 1", "gone");
    assertThat(admissions.offered(DISK)).isEmpty();
  }

  /** It answers before what is in flight is over: the checks above see that. */
  @Test
  void plantedBug_isCaught() {
    var forgetful = admissions(PlantedBug.FORGET_THE_DRAIN);
    course.admitted.put(DISK, ONE);
    forgetful.restore(DISK, ONE);
    admit(forgetful, DISK, TWO);
    course.written();
    assertThat(course.drains).isNotEmpty();
    assertThat(course.events).as("answered before the drain").endsWith("ADMITTED 2");
  }
}
