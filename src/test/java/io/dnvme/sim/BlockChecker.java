package io.dnvme.sim;

import io.dnvme.sim.History.Event;
import io.dnvme.sim.History.Kind;
import io.dnvme.sim.History.Op;
import io.dnvme.sim.History.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Whether what hosts saw of one block can be: whether there is an order in which each command took
 * effect at one moment between its beginning and its end, on one block that keeps what was written
 * last (linearizability). A write that was sent again may take effect again; one that was given up
 * may, or not, until it is known to be over; what was not flushed may be gone after a loss of
 * power, back to anything that the block held since the last flush.
 *
 * <p>Keeps all states that the block may be in, and what each pending command did in them:
 *
 * <pre>
 *   begin     the command is pending
 *   end       states are extended by pending commands in every order that has this one take effect;
 *             those in which it cannot have, or cannot have had its answer, are dropped
 *   no state is left: what this end told the host cannot be
 * </pre>
 *
 * <p>Reads take effect as soon as they can: that never rules out anything.
 */
final class BlockChecker {

  /** Commands on one block at once, at most: the bits of a long. */
  private static final int MAX_PENDING = 60;

  /** More would take for ever; a world that needs them has too many hosts on one block. */
  private static final int MAX_STATES = 200_000;

  /**
   * A state that the block may be in.
   *
   * @param value what it holds
   * @param applied pending commands that took effect, by their bits
   * @param kept what a loss of power may bring back, oldest first; the last is {@code value}
   * @param marks for each flush in flight, how many of {@code kept} were there before it began
   */
  private record State(long value, long applied, long[] kept, int[] marks) {

    @Override
    public boolean equals(Object other) {
      return other instanceof State state
          && value == state.value
          && applied == state.applied
          && Arrays.equals(kept, state.kept)
          && Arrays.equals(marks, state.marks);
    }

    @Override
    public int hashCode() {
      return Long.hashCode(value * 31 + applied) * 31 + Arrays.hashCode(kept) * 31 + marks.length;
    }

    State with(long newValue, long newApplied, boolean keeps) {
      if (!keeps || newValue == value) {
        return new State(newValue, newApplied, kept, marks);
      }
      int before = indexOf(newValue);
      if (before < 0) {
        long[] longer = Arrays.copyOf(kept, kept.length + 1);
        longer[kept.length] = newValue;
        return new State(newValue, newApplied, longer, marks);
      }
      // One of each is enough: those behind it move up.
      long[] moved = kept.clone();
      System.arraycopy(kept, before + 1, moved, before, kept.length - before - 1);
      moved[kept.length - 1] = newValue;
      int[] shifted = Arrays.stream(marks).map(mark -> mark > before ? mark - 1 : mark).toArray();
      return new State(newValue, newApplied, moved, shifted);
    }

    int indexOf(long searched) {
      for (int i = 0; i < kept.length; i++) {
        if (kept[i] == searched) {
          return i;
        }
      }
      return -1;
    }

    State applied(long mask) {
      return mask == applied ? this : new State(value, mask, kept, marks);
    }
  }

  private static final long[] ZERO = {0};
  private static final int[] NONE = {};

  private final History history;
  private final long block;
  private long lossesLeft;

  /** Whether power will be lost: after the last time nobody needs what it could bring back. */
  private boolean keeps;

  private boolean coarse;

  private final Op[] pending = new Op[MAX_PENDING];
  private final boolean[] dormant = new boolean[MAX_PENDING];
  private final List<Op> flushes = new ArrayList<>();
  private final List<Event> seen = new ArrayList<>();
  private Set<State> states = new LinkedHashSet<>();

  private BlockChecker(History history, long block) {
    this.history = history;
    this.block = block;
    lossesLeft = history.events().stream().filter(Event.PowerLost.class::isInstance).count();
    keeps = lossesLeft > 0;
    states.add(new State(0, 0, ZERO, NONE));
  }

  /** What is wrong with the block's history; null: nothing. */
  static String check(History history, long block) {
    return new BlockChecker(history, block).run();
  }

  private String run() {
    for (Event event : history.events()) {
      if (concerns(event)) {
        seen.add(event);
        take(event);
        if (states.isEmpty()) {
          return describe(event);
        }
        if (states.size() > MAX_STATES) {
          long commands = Arrays.stream(pending).filter(Objects::nonNull).count();
          return "block %d has too many possible states to be checked, with %d commands pending; %s"
              .formatted(block, commands, describe(event));
        }
      }
    }
    return null;
  }

  private boolean concerns(Event event) {
    return switch (event) {
      case Event.Begun begun -> concerns(begun.op());
      case Event.SentAgain again -> concerns(again.op());
      case Event.Quiesced quiesced -> concerns(quiesced.op());
      case Event.Ended ended -> concerns(ended.op());
      case Event.PowerLost lost -> true;
      case Event.Emptied emptied -> true;
    };
  }

  private boolean concerns(Op op) {
    if (op.kind() == Kind.FLUSH) {
      return keeps && op.outcome() == Outcome.DONE;
    }
    return op.touches(block) && !(op.kind() == Kind.READ && op.outcome() != Outcome.DONE);
  }

  private void take(Event event) {
    switch (event) {
      case Event.Begun begun -> begin(begun.op());
      case Event.SentAgain again -> sentAgain(again.op());
      case Event.Quiesced quiesced -> {
        int slot = slotOf(quiesced.op());
        if (slot >= 0) {
          // It may have taken effect until now.
          extendAll();
          dormant[slot] = true;
        }
      }
      case Event.Ended ended -> end(ended.op());
      case Event.PowerLost lost -> powerLost();
      case Event.Emptied emptied -> emptied();
    }
  }

  private void begin(Op op) {
    if (op.kind() == Kind.FLUSH) {
      flushes.add(op);
      replaceStates(state -> mark(state));
      return;
    }
    int slot = 0;
    while (pending[slot] != null) {
      slot++;
    }
    pending[slot] = op;
    dormant[slot] = false;
    if (op.kind() == Kind.READ) {
      replaceStates(this::settle);
    }
  }

  private void sentAgain(Op op) {
    int slot = slotOf(op);
    if (slot < 0) {
      return;
    }
    dormant[slot] = false;
    extendAll();
    long bit = 1L << slot;
    replaceStates(state -> settle(state.applied(state.applied() & ~bit)));
  }

  private void end(Op op) {
    if (op.kind() == Kind.FLUSH) {
      flushed(flushes.indexOf(op));
      flushes.remove(op);
      return;
    }
    int slot = slotOf(op);
    long bit = 1L << slot;
    extendAll();
    var left = new LinkedHashSet<State>();
    for (State state : states) {
      boolean mustHave = op.outcome() != Outcome.UNKNOWN;
      if (!mustHave || (state.applied() & bit) != 0) {
        left.add(durable(op, state.applied(state.applied() & ~bit)));
      }
    }
    states = left;
    pending[slot] = null;
  }

  private int slotOf(Op op) {
    for (int slot = 0; slot < MAX_PENDING; slot++) {
      if (pending[slot] == op) {
        return slot;
      }
    }
    return -1;
  }

  /** All states that the pending commands may lead to. */
  private void extendAll() {
    Set<State> found = extended();
    if (found.size() > MAX_STATES && keeps && !coarse) {
      coarse = true;
      replaceStates(BlockChecker::coarse);
      found = extended();
    }
    states = found;
  }

  /**
   * For when there are too many states: whatever the block held since the last loss of power may be
   * back after the next one, flushed or not. That rules out less, and never too much.
   */
  private static State coarse(State state) {
    long[] others =
        Arrays.stream(state.kept()).filter(kept -> kept != state.value()).sorted().toArray();
    long[] kept = Arrays.copyOf(others, others.length + 1);
    kept[others.length] = state.value();
    return new State(state.value(), state.applied(), kept, new int[state.marks().length]);
  }

  private Set<State> extended() {
    var found = new LinkedHashSet<>(states);
    var open = new ArrayDeque<>(states);
    while (!open.isEmpty() && found.size() <= MAX_STATES) {
      State state = open.remove();
      for (int slot = 0; slot < MAX_PENDING; slot++) {
        Op op = pending[slot];
        if (op == null || dormant[slot]) {
          continue;
        }
        State next = effect(state, op, 1L << slot);
        next = next == null || !coarse ? next : coarse(next);
        if (next != null && found.add(next)) {
          open.add(next);
        }
      }
    }
    return found;
  }

  /** The state after the command took effect (again); null where it cannot. */
  private State effect(State state, Op op, long bit) {
    boolean did = (state.applied() & bit) != 0;
    return switch (op.kind()) {
      case READ, FLUSH -> null;
      case WRITE ->
          did && !op.mayRepeat()
              ? null
              : settle(state.with(op.value(block), state.applied() | bit, keeps));
      case COMPARE_AND_WRITE -> {
        boolean equal = state.value() == op.expected();
        if (did || equal == (op.outcome() == Outcome.DIFFERENT)) {
          yield null;
        }
        yield op.outcome() == Outcome.DIFFERENT
            ? state.applied(state.applied() | bit)
            : settle(state.with(op.value(block), state.applied() | bit, keeps));
      }
    };
  }

  /** Pending reads that saw this value saw it now. */
  private State settle(State state) {
    long applied = state.applied();
    for (int slot = 0; slot < MAX_PENDING; slot++) {
      Op op = pending[slot];
      if (op != null && op.kind() == Kind.READ && op.value(block) == state.value()) {
        applied |= 1L << slot;
      }
    }
    return state.applied(applied);
  }

  // Durability.

  private State mark(State state) {
    int[] marks = Arrays.copyOf(state.marks(), state.marks().length + 1);
    marks[marks.length - 1] = coarse ? 0 : state.kept().length - 1;
    return new State(state.value(), state.applied(), state.kept(), marks);
  }

  private void flushed(int index) {
    replaceStates(state -> {
      int from = state.marks()[index];
      var marks = new int[state.marks().length - 1];
      for (int i = 0; i < marks.length; i++) {
        marks[i] = Math.max(state.marks()[i < index ? i : i + 1] - from, 0);
      }
      return new State(state.value(), state.applied(), dropped(state.kept(), from), marks);
    });
  }

  /** A write with FUA that was acknowledged: what was before it does not come back. */
  private State durable(Op op, State state) {
    if (!keeps
        || coarse
        || op.kind() != Kind.WRITE
        || !op.forceUnitAccess()
        || op.outcome() != Outcome.DONE) {
      return state;
    }
    int from = state.indexOf(op.value(block));
    if (from < 0) {
      return state;
    }
    int[] marks = Arrays.stream(state.marks()).map(mark -> Math.max(mark - from, 0)).toArray();
    return new State(state.value(), state.applied(), dropped(state.kept(), from), marks);
  }

  private static long[] dropped(long[] values, int count) {
    return count == 0 ? values : Arrays.copyOfRange(values, count, values.length);
  }

  private void powerLost() {
    extendAll();
    var left = new LinkedHashSet<State>();
    for (State state : states) {
      for (long value : state.kept()) {
        left.add(
            settle(
                new State(
                    value, state.applied(), new long[] {value}, new int[state.marks().length])));
      }
    }
    states = left;
    coarse = false;
    if (--lossesLeft == 0) {
      keeps = false;
      flushes.clear();
      replaceStates(
          state -> new State(state.value(), state.applied(), new long[] {state.value()}, NONE));
    }
  }

  private void emptied() {
    extendAll();
    replaceStates(
        state -> settle(new State(0, state.applied(), ZERO, new int[state.marks().length])));
  }

  private void replaceStates(UnaryOperator<State> change) {
    var left = new LinkedHashSet<State>();
    for (State state : states) {
      left.add(change.apply(state));
    }
    states = left;
  }

  private String describe(Event last) {
    var text = new StringBuilder("block ").append(block).append(" cannot be as hosts saw it:");
    int from = Math.max(0, seen.size() - 24);
    for (Event event : seen.subList(from, seen.size())) {
      text.append("\n      ").append(Trace.time(event.atNanos())).append("  ").append(words(event));
    }
    return text.append("  <- impossible").toString();
  }

  private static String words(Event event) {
    return switch (event) {
      case Event.Begun begun -> "begins " + begun.op();
      case Event.SentAgain again -> "sent again " + again.op();
      case Event.Quiesced quiesced -> "quiesced " + quiesced.op();
      case Event.Ended ended -> "ends " + ended.op().outcome() + " " + ended.op();
      case Event.PowerLost lost -> "power lost";
      case Event.Emptied emptied -> "emptied";
    };
  }
}
