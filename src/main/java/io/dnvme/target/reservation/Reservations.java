package io.dnvme.target.reservation;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.StatusCode;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The reservations of one namespace. Commands come from any reactor and are carried out one after
 * another on the home reactor; access is checked by any reactor with one volatile read.
 *
 * <pre>
 *   execute ─► queue ─► decide ─► save (where persistent) ─► publish ─► tell hosts
 *                                                                          │
 *              completion ◄── preempted hosts' commands are gone ◄─────────┘
 * </pre>
 *
 * <p>A state that is to survive a loss of power is durable before anybody can see it. A controller
 * checks access in the turn in which it gives a command to the device: so, when a preempt is
 * published, every command of a preempted host is refused or known to its controller as in flight,
 * and {@link ReservationListener#preempted} finds it.
 */
public final class Reservations {

  /** Commands that may wait for their turn; a further one is told to come again. */
  public static final int MAX_QUEUED_COMMANDS = 1024;

  /** Is told, on its command's reactor, how the command ended. */
  @FunctionalInterface
  public interface Completion {
    void completed(int status);
  }

  private record Pending(Reactor reactor, ReservationRequest command, Completion completion) {
    void complete(int status) {
      reactor.execute(() -> completion.completed(status));
    }
  }

  private final Reactor home;
  private final ReservationStore store;
  private final boolean offered;
  private final List<Member> members = new CopyOnWriteArrayList<>();

  // For every command, from any reactor; written on the home reactor.
  private volatile AccessRule rule;
  private volatile ReservationState state;

  // On the home reactor.
  private final ArrayDeque<Pending> queue = new ArrayDeque<>();
  private boolean saving;

  /** Reservations that end with the process: no persistence through power loss. */
  public Reservations(Reactor home) {
    this(home, null, ReservationState.NONE);
  }

  /**
   * @param store keeps what is to survive a loss of power; null where nothing can
   * @param loaded what {@link ReservationStore#load} returned
   */
  public Reservations(Reactor home, ReservationStore store, ReservationState loaded) {
    this(home, store, loaded, true);
  }

  private Reservations(
      Reactor home, ReservationStore store, ReservationState loaded, boolean offered) {
    this.home = home;
    this.store = store;
    this.offered = offered;
    this.state = loaded;
    this.rule = AccessRule.of(loaded);
  }

  /**
   * Of a namespace that other processes serve as well: a reservation that they do not know would
   * fence nobody there, so hosts are told that there are none (SHARED STATE).
   */
  public static Reservations notOffered(Reactor home) {
    return new Reservations(home, null, ReservationState.NONE, false);
  }

  /** Whether hosts may reserve the namespace (RESCAP, ONCS); if not, their commands are unknown. */
  public boolean offered() {
    return offered;
  }

  /** Success, or what a command of the host is to be answered with. For every command. */
  public int status(UUID hostId, CommandGroup group) {
    return rule.status(hostId, group);
  }

  /** What is published now; for reports and Get Features. */
  public ReservationState state() {
    return state;
  }

  /** Whether the state can survive a loss of power (RESCAP). */
  public boolean canPersist() {
    return store != null;
  }

  /** Carries out {@code command}; called on {@code reactor}, which is told the outcome. */
  public void execute(Reactor reactor, ReservationRequest command, Completion completion) {
    var pending = new Pending(reactor, command, completion);
    home.execute(() -> enqueue(pending));
  }

  /**
   * Makes a controller of {@code hostId} known, before it accepts commands for the namespace. From
   * any thread.
   *
   * @return what ends it
   */
  public Attachment attach(Reactor reactor, UUID hostId, ReservationListener listener) {
    var member = new Member(reactor, hostId, listener);
    members.add(member);
    return member;
  }

  /** A controller that is known. */
  @FunctionalInterface
  public interface Attachment {
    /**
     * The controller is gone, and none of its commands is in flight any more. Called on its
     * reactor; it is told nothing afterwards.
     */
    void detach();
  }

  private void enqueue(Pending pending) {
    if (queue.size() == MAX_QUEUED_COMMANDS) {
      pending.complete(StatusCode.COMMAND_INTERRUPTED.status());
      return;
    }
    queue.add(pending);
    runQueue();
  }

  private void runQueue() {
    while (!saving && !queue.isEmpty()) {
      Pending pending = queue.remove();
      ReservationOutcome outcome = ReservationRules.decide(state, pending.command(), canPersist());
      if (outcome.state().equals(state)) {
        pending.complete(outcome.status());
      } else if (outcome.state().persistent() || state.persistent()) {
        save(pending, outcome);
      } else {
        carryOut(pending, outcome);
      }
    }
  }

  private void save(Pending pending, ReservationOutcome outcome) {
    saving = true;
    // Without persistence a loss of power ends all registrations: so nothing is what to find then.
    ReservationState durable =
        outcome.state().persistent() ? outcome.state() : ReservationState.NONE;
    store.save(durable, home, failure -> saved(pending, outcome, failure));
  }

  private void saved(Pending pending, ReservationOutcome outcome, IOException failure) {
    assert home.inReactor() : "told of a save off the home reactor";
    saving = false;
    if (failure == null) {
      carryOut(pending, outcome);
    } else {
      pending.complete(StatusCode.INTERNAL_ERROR.status());
    }
    runQueue();
  }

  private void carryOut(Pending pending, ReservationOutcome outcome) {
    state = outcome.state();
    rule = AccessRule.of(state);
    var drain = new Drain(pending, outcome.status());
    for (Member member : members) {
      for (ReservationNotice notice : outcome.notices()) {
        if (notice.hostId().equals(member.hostId)) {
          member.tell(notice.kind());
        }
      }
      if (outcome.preempted().contains(member.hostId)) {
        member.drain(drain, outcome.abortsCommands());
      }
    }
    drain.allAsked();
  }

  /** A completion that waits for preempted hosts' commands. On the home reactor. */
  private static final class Drain {
    private final Pending pending;
    private final int status;
    // One more than there are controllers, until all were asked.
    private int awaited = 1;

    Drain(Pending pending, int status) {
      this.pending = pending;
      this.status = status;
    }

    void allAsked() {
      gone();
    }

    void gone() {
      if (--awaited == 0) {
        pending.complete(status);
      }
    }
  }

  private final class Member implements Attachment {
    private final Reactor reactor;
    private final UUID hostId;
    private final ReservationListener listener;
    // On the controller's reactor.
    private boolean detached;
    // On the home reactor: those that have asked and not been answered.
    private final List<Drain> drains = new ArrayList<>();

    Member(Reactor reactor, UUID hostId, ReservationListener listener) {
      this.reactor = reactor;
      this.hostId = hostId;
      this.listener = listener;
    }

    void tell(ReservationNotice.Kind kind) {
      reactor.execute(() -> {
        if (!detached) {
          listener.notified(kind);
        }
      });
    }

    void drain(Drain drain, boolean abortsCommands) {
      drain.awaited++;
      drains.add(drain);
      Runnable gone = () -> home.execute(() -> answered(drain));
      reactor.execute(() -> {
        if (detached) {
          gone.run();
        } else {
          listener.preempted(abortsCommands, gone);
        }
      });
    }

    private void answered(Drain drain) {
      if (drains.remove(drain)) {
        drain.gone();
      }
    }

    @Override
    public void detach() {
      detached = true;
      members.remove(this);
      home.execute(() -> List.copyOf(drains).forEach(this::answered));
    }
  }
}
