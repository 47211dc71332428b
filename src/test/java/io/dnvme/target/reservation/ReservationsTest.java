package io.dnvme.target.reservation;

import static io.dnvme.target.reservation.TestHosts.A;
import static io.dnvme.target.reservation.TestHosts.B;
import static io.dnvme.target.reservation.TestHosts.C;
import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.Reactor;
import io.dnvme.block.VirtualTime;
import io.dnvme.nvme.StatusCode;
import io.dnvme.target.reservation.ReservationRequest.PersistenceChange;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class ReservationsTest {

  private static final int SUCCESS = StatusCode.SUCCESS.status();
  private static final int CONFLICT = StatusCode.RESERVATION_CONFLICT.dnr();

  /** Saves when the test says so. */
  private static final class ManualStore implements ReservationStore {
    private record Save(ReservationState state, Reactor reactor, Saved saved) {}

    private final Deque<Save> saves = new ArrayDeque<>();
    private ReservationState durable = ReservationState.NONE;

    @Override
    public ReservationState load() {
      return durable;
    }

    @Override
    public void save(ReservationState state, Reactor reactor, Saved saved) {
      assertThat(saves).as("one save at a time").isEmpty();
      saves.add(new Save(state, reactor, saved));
    }

    void finish(IOException failure) {
      Save save = saves.remove();
      if (failure == null) {
        durable = save.state();
      }
      save.reactor().execute(() -> save.saved().saved(failure));
    }
  }

  /** A controller that does what the test says. */
  private static final class TestController implements ReservationListener {
    private final List<ReservationNotice.Kind> notices = new ArrayList<>();
    private final List<Runnable> drains = new ArrayList<>();
    private boolean aborted;

    @Override
    public void notified(ReservationNotice.Kind kind) {
      notices.add(kind);
    }

    @Override
    public void preempted(boolean abortsCommands, Runnable gone) {
      aborted |= abortsCommands;
      drains.add(gone);
    }
  }

  private final VirtualTime time = new VirtualTime();
  private final ManualReactor home = new ManualReactor(time, 0);
  private final ManualReactor reactor = new ManualReactor(time, 1);
  private final ManualStore store = new ManualStore();
  private final List<Integer> completed = new ArrayList<>();

  private void execute(Reservations reservations, ReservationRequest request) {
    reservations.execute(
        reactor,
        request,
        status -> {
          assertThat(reactor.inReactor()).isTrue();
          completed.add(status);
        });
    time.settle();
  }

  private static ReservationRequest register(UUID host, long key, PersistenceChange change) {
    return new ReservationRequest.Register(host, key, change);
  }

  private Reservations heldByA() {
    var reservations = new Reservations(home);
    execute(reservations, register(A, 0xa, PersistenceChange.KEEP));
    execute(reservations, register(B, 0xb, PersistenceChange.KEEP));
    execute(reservations, new ReservationRequest.Acquire(A, 0xa, ReservationType.WRITE_EXCLUSIVE));
    assertThat(completed).containsExactly(SUCCESS, SUCCESS, SUCCESS);
    completed.clear();
    return reservations;
  }

  private static ReservationRequest preemptA(boolean abort) {
    return new ReservationRequest.Preempt(B, 0xb, 0xa, ReservationType.WRITE_EXCLUSIVE, abort);
  }

  @Test
  void commands_changeWhoHasAccess() {
    Reservations reservations = heldByA();
    assertThat(reservations.canPersist()).isFalse();
    assertThat(reservations.status(A, CommandGroup.WRITE)).isEqualTo(SUCCESS);
    assertThat(reservations.status(B, CommandGroup.WRITE)).isEqualTo(CONFLICT);
    assertThat(reservations.status(B, CommandGroup.READ)).isEqualTo(SUCCESS);

    execute(reservations, new ReservationRequest.Release(A, 0xa, ReservationType.WRITE_EXCLUSIVE));
    assertThat(reservations.status(B, CommandGroup.WRITE)).isEqualTo(SUCCESS);
  }

  @Test
  void refusedCommand_completesWithItsStatus() {
    execute(
        new Reservations(home),
        new ReservationRequest.Acquire(C, 1, ReservationType.WRITE_EXCLUSIVE));
    assertThat(completed).containsExactly(CONFLICT);
  }

  @Test
  void persistentChange_isSeenOnlyWhenDurable() {
    var reservations = new Reservations(home, store, store.load());
    execute(reservations, register(A, 0xa, PersistenceChange.ON));
    assertThat(completed).isEmpty();
    assertThat(reservations.state()).isEqualTo(ReservationState.NONE);

    store.finish(null);
    time.settle();

    assertThat(completed).containsExactly(SUCCESS);
    assertThat(reservations.state().isRegistered(A)).isTrue();
    assertThat(store.durable).isEqualTo(reservations.state());
  }

  @Test
  void changeWithoutPersistence_isNotSaved() {
    var reservations = new Reservations(home, store, store.load());
    execute(reservations, register(A, 0xa, PersistenceChange.KEEP));
    assertThat(completed).containsExactly(SUCCESS);
    assertThat(store.saves).isEmpty();
  }

  @Test
  void persistenceSwitchedOff_leavesNothingToFind() {
    var reservations = new Reservations(home, store, store.load());
    execute(reservations, register(A, 0xa, PersistenceChange.ON));
    store.finish(null);
    time.settle();
    execute(reservations, new ReservationRequest.SetPersistence(A, false));
    store.finish(null);
    time.settle();

    assertThat(reservations.state().isRegistered(A)).isTrue();
    assertThat(store.load()).isEqualTo(ReservationState.NONE);
    execute(reservations, register(B, 0xb, PersistenceChange.KEEP));
    assertThat(completed).containsExactly(SUCCESS, SUCCESS, SUCCESS);
  }

  @Test
  void loadedState_isInForce() {
    var reservations = new Reservations(home, store, heldByA().state());
    assertThat(reservations.status(B, CommandGroup.WRITE)).isEqualTo(CONFLICT);
  }

  @Test
  void saveThatFails_changesNothingAndLetsTheNextTry() {
    var reservations = new Reservations(home, store, store.load());
    execute(reservations, register(A, 0xa, PersistenceChange.ON));
    execute(reservations, register(B, 0xb, PersistenceChange.ON));
    store.finish(new IOException("disk full"));
    time.settle();
    assertThat(completed).containsExactly(StatusCode.INTERNAL_ERROR.status());
    assertThat(reservations.state()).isEqualTo(ReservationState.NONE);

    store.finish(null);
    time.settle();
    assertThat(completed).containsExactly(StatusCode.INTERNAL_ERROR.status(), SUCCESS);
    assertThat(reservations.state().registrants()).containsExactly(new Registrant(B, 0xb));
  }

  @Test
  void queueAtItsLimit_tellsTheHostToComeAgain() {
    var reservations = new Reservations(home, store, store.load());
    execute(reservations, register(A, 0xa, PersistenceChange.ON));
    for (int i = 0; i < Reservations.MAX_QUEUED_COMMANDS; i++) {
      execute(reservations, register(A, 0xa, PersistenceChange.KEEP));
    }
    assertThat(completed).isEmpty();

    execute(reservations, register(A, 0xa, PersistenceChange.KEEP));
    assertThat(completed).containsExactly(StatusCode.COMMAND_INTERRUPTED.status());

    while (!store.saves.isEmpty()) {
      store.finish(null);
      time.settle();
    }
    assertThat(completed).hasSize(Reservations.MAX_QUEUED_COMMANDS + 2);
  }

  @Test
  void preempt_completesWhenThePreemptedHostsCommandsAreGone() {
    Reservations reservations = heldByA();
    var one = new TestController();
    var two = new TestController();
    var other = new TestController();
    reservations.attach(reactor, A, one);
    reservations.attach(home, A, two);
    reservations.attach(reactor, B, other);

    execute(reservations, preemptA(true));

    assertThat(reservations.status(A, CommandGroup.WRITE)).isEqualTo(CONFLICT);
    assertThat(one.notices).containsExactly(ReservationNotice.Kind.REGISTRATION_PREEMPTED);
    assertThat(two.notices).containsExactly(ReservationNotice.Kind.REGISTRATION_PREEMPTED);
    assertThat(other.notices).isEmpty();
    assertThat(other.drains).isEmpty();
    assertThat(one.aborted).isTrue();
    assertThat(completed).isEmpty();

    one.drains.getFirst().run();
    one.drains.getFirst().run();
    time.settle();
    assertThat(completed).as("one of two, however often it says so").isEmpty();

    two.drains.getFirst().run();
    time.settle();
    assertThat(completed).containsExactly(SUCCESS);
  }

  @Test
  void preemptedControllerEnds_isNotWaitedFor() {
    Reservations reservations = heldByA();
    var controller = new TestController();
    Reservations.Attachment attachment = reservations.attach(reactor, A, controller);
    execute(reservations, preemptA(false));
    assertThat(controller.aborted).isFalse();
    assertThat(completed).isEmpty();

    reactor.run(attachment::detach);
    time.settle();
    assertThat(completed).containsExactly(SUCCESS);
    controller.drains.getFirst().run();
    time.settle();
    assertThat(completed).hasSize(1);
  }

  @Test
  void controllerThatEndsWhileTheWordIsOnItsWay_isNotWaitedFor() {
    Reservations reservations = heldByA();
    var controller = new TestController();
    Reservations.Attachment attachment = reservations.attach(reactor, A, controller);
    reservations.execute(reactor, preemptA(false), completed::add);
    home.step();
    reactor.run(attachment::detach);
    time.settle();
    assertThat(controller.drains).isEmpty();
    assertThat(controller.notices).isEmpty();
    assertThat(completed).containsExactly(SUCCESS);
  }

  @Test
  void otherCommands_doNotWaitForADrain() {
    Reservations reservations = heldByA();
    reservations.attach(reactor, A, new TestController());
    execute(reservations, preemptA(false));
    execute(reservations, register(C, 0xc, PersistenceChange.KEEP));
    assertThat(completed).containsExactly(SUCCESS);
    assertThat(reservations.state().isRegistered(C)).isTrue();
  }

  @Test
  void hostWithoutControllers_isNotWaitedFor() {
    Reservations reservations = heldByA();
    execute(reservations, preemptA(true));
    assertThat(completed).containsExactly(SUCCESS);
  }
}
