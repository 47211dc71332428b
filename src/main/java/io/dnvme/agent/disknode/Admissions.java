package io.dnvme.agent.disknode;

import io.dnvme.block.Reactor;
import io.dnvme.disk.admission.Epoch;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Lets one controller at one epoch use a logical disk (OWNER step 3). For each logical disk one
 * thing after another:
 *
 * <pre>
 *   admit   durable: lower epochs are refused ─► what was offered goes, with all its associations
 *           ─► nothing of them is in flight, neither on the disk nor in the target
 *           ─► the epoch's subsystem is offered ─► answer
 * </pre>
 *
 * Until a step is answered the next one of its logical disk waits. That a new association first
 * ends the others is the matter of what is offered ({@link LogicalDiskExports}). A crash between
 * the durable admission and the answer is harmless: whoever asked asks again, and all associations
 * died with the process.
 *
 * <p>Lives on the disk node's home reactor.
 */
public final class Admissions {

  /** Steps that may wait for one logical disk; more are refused. */
  public static final int MAX_WAITING = 64;

  /** What became of an admission. */
  public enum Outcome {
    ADMITTED,
    /** A higher epoch, or the same one of another controller, was admitted before. */
    STALE_EPOCH,
    /** There is no such logical disk. */
    UNKNOWN,
    /** Too much waits already; later it may be done. */
    BUSY,
    /** The disk failed: whether the epoch is admitted is not known. */
    FAILED
  }

  /** The disk's memory of what it admitted. */
  @FunctionalInterface
  public interface Store {

    /** Refuses lower epochs from now on; told on the home reactor once that is durable. */
    void admit(UUID logicalDisk, Epoch epoch, Consumer<Outcome> done);
  }

  /** The subsystems that hosts see. */
  public interface Exports {

    /**
     * Lets hosts connect to the logical disk under the epoch's name.
     *
     * @param done told on the home reactor: admitted where that is so
     */
    void offer(UUID logicalDisk, Epoch epoch, Consumer<Outcome> done);

    /** Nothing of the logical disk is offered, or in flight, and it need not be remembered. */
    void forget(UUID logicalDisk);

    /**
     * Lets nobody connect under the epoch's name any more, and ends its associations.
     *
     * @param drained told on the home reactor when nothing of them is in flight
     */
    void withdraw(UUID logicalDisk, Epoch epoch, Runnable drained);
  }

  /** One logical disk's steps. */
  private static final class Gate {
    private final Queue<Consumer<Runnable>> waiting = new ArrayDeque<>();
    private boolean busy;
    private Epoch offered = Epoch.NONE;
  }

  private final Reactor home;
  private final Store store;
  private final Exports exports;
  private final Set<PlantedBug> bugs;
  private final Map<UUID, Gate> gates = new HashMap<>();

  public Admissions(Reactor home, Store store, Exports exports) {
    this(home, store, exports, Set.of());
  }

  Admissions(Reactor home, Store store, Exports exports, Set<PlantedBug> bugs) {
    this.home = home;
    this.store = store;
    this.exports = exports;
    this.bugs = bugs;
  }

  /** Offers what was admitted before the process started. */
  public void restore(UUID logicalDisk, Epoch admitted) {
    if (!admitted.isNone()) {
      step(logicalDisk, ended -> offer(logicalDisk, admitted, offered -> ended.run()));
    }
  }

  /** Admits {@code epoch}; {@code done} is told on the home reactor, maybe within this call. */
  public void admit(UUID logicalDisk, Epoch epoch, Consumer<Outcome> done) {
    boolean waits =
        step(
            logicalDisk,
            ended -> {
              Consumer<Outcome> answer =
                  outcome -> {
                    done.accept(outcome);
                    ended.run();
                  };
              store.admit(
                  logicalDisk,
                  epoch,
                  outcome -> {
                    if (outcome == Outcome.ADMITTED) {
                      admitted(logicalDisk, epoch, answer);
                    } else {
                      answer.accept(outcome);
                    }
                  });
            });
    if (!waits) {
      done.accept(Outcome.BUSY);
    }
  }

  /**
   * Withdraws a logical disk that is to be freed.
   *
   * @param done told on the home reactor when nothing of it is in flight
   */
  public void withdraw(UUID logicalDisk, Runnable done) {
    Gate gate = gate(logicalDisk);
    Consumer<Runnable> step =
        ended -> {
          Runnable gone =
              () -> {
                gate.offered = Epoch.NONE;
                done.run();
                ended.run();
              };
          if (gate.offered.isNone()) {
            gone.run();
          } else {
            exports.withdraw(logicalDisk, gate.offered, gone);
          }
        };
    gate.waiting.add(step);
    next(logicalDisk, gate);
  }

  /** The epoch under whose name the logical disk is offered now. */
  public Optional<Epoch> offered(UUID logicalDisk) {
    Gate gate = gates.get(logicalDisk);
    return gate == null || gate.offered.isNone() ? Optional.empty() : Optional.of(gate.offered);
  }

  /** Logical disks that are offered, or for which something is under way. */
  int remembered() {
    return gates.size();
  }

  private void admitted(UUID logicalDisk, Epoch epoch, Consumer<Outcome> answer) {
    Gate gate = gate(logicalDisk);
    Epoch before = gate.offered;
    // Refused where a higher epoch came meanwhile, or the logical disk was freed.
    Runnable offer = () -> offer(logicalDisk, epoch, answer);
    gate.offered = Epoch.NONE;
    if (before.isNone()) {
      offer.run();
    } else if (bugs.contains(PlantedBug.FORGET_THE_DRAIN)) {
      exports.withdraw(logicalDisk, before, () -> {});
      offer.run();
    } else {
      exports.withdraw(logicalDisk, before, offer);
    }
  }

  private void offer(UUID logicalDisk, Epoch epoch, Consumer<Outcome> done) {
    exports.offer(
        logicalDisk,
        epoch,
        offered -> {
          if (offered == Outcome.ADMITTED) {
            gate(logicalDisk).offered = epoch;
          }
          done.accept(offered);
        });
  }

  /** False where too many wait. */
  private boolean step(UUID logicalDisk, Consumer<Runnable> step) {
    assert home.inReactor() : "off the home reactor";
    Gate gate = gate(logicalDisk);
    if (gate.waiting.size() == MAX_WAITING) {
      return false;
    }
    gate.waiting.add(step);
    next(logicalDisk, gate);
    return true;
  }

  private void next(UUID logicalDisk, Gate gate) {
    if (gate.busy) {
      return;
    }
    if (gate.waiting.isEmpty()) {
      if (gate.offered.isNone()) {
        // Who asks for what there is not must not fill the memory.
        gates.remove(logicalDisk);
        exports.forget(logicalDisk);
      }
      return;
    }
    gate.busy = true;
    gate.waiting
        .remove()
        .accept(() -> {
          gate.busy = false;
          next(logicalDisk, gate);
        });
  }

  private Gate gate(UUID logicalDisk) {
    return gates.computeIfAbsent(logicalDisk, id -> new Gate());
  }
}
