package io.dnvme.ownership;

import io.dnvme.block.Timers;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.BiConsumer;
import java.util.function.Function;

/**
 * One question to several holders, repeated until each has answered for good or the round is over:
 * when it is known that there is no answer, or after a while where the link does not say. Answers
 * may come twice. Owned by one reactor.
 */
final class HolderRound {

  /** A question's repetitions are at most this many times apart as the first. */
  private static final int MAX_SLOWDOWN = 8;

  private final OwnershipPorts ports;
  private final Function<UUID, HolderRequest> question;
  private final BiConsumer<UUID, HolderReply> answer;
  private final Set<UUID> asked = new LinkedHashSet<>();
  private final Set<UUID> open = new LinkedHashSet<>();

  /** By holder, the number of the last question, while it is not known what became of it. */
  private final Map<UUID, Long> underWay = new HashMap<>();

  private long questions;
  private Timers.Timer timer;
  private long delayNanos;
  private boolean stopped;

  HolderRound(
      OwnershipPorts ports,
      Function<UUID, HolderRequest> question,
      BiConsumer<UUID, HolderReply> answer) {
    this.ports = ports;
    this.question = question;
    this.answer = answer;
    delayNanos = ports.options().retryNanos();
  }

  /** Asks those of {@code holders} that were not asked yet. */
  void ask(Collection<UUID> holders) {
    for (UUID holder : holders) {
      if (!stopped && asked.add(holder)) {
        open.add(holder);
        send(holder);
      }
    }
    setTimer();
  }

  /** Asks everybody again who answered for good before. */
  void askAgain() {
    askAgain(List.copyOf(asked));
  }

  /** Asks these, whether they answered for good before or not; who is being asked is not. */
  void askAgain(Collection<UUID> holders) {
    for (UUID holder : holders) {
      if (!stopped && open.add(holder)) {
        asked.add(holder);
        send(holder);
      }
    }
    setTimer();
  }

  /** The holder's answer is for good. */
  void settled(UUID holder) {
    open.remove(holder);
    if (open.isEmpty() && timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  /** Whether the holder was ever asked. */
  boolean wasAsked(UUID holder) {
    return asked.contains(holder);
  }

  /** Whether the holder was asked and its answer is awaited still. */
  boolean awaits(UUID holder) {
    return open.contains(holder);
  }

  /** Whether the holder's answer is awaited, and it is not known that there will be none. */
  boolean isUnderWay(UUID holder) {
    return open.contains(holder) && underWay.containsKey(holder);
  }

  /** Nothing more is sent, and no answer is passed on. */
  void stop() {
    stopped = true;
    open.clear();
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private void setTimer() {
    if (timer == null && !open.isEmpty() && !stopped) {
      timer = ports.timers().schedule(delayNanos, this::repeat);
    }
  }

  private void repeat() {
    timer = null;
    delayNanos = Math.min(2 * delayNanos, MAX_SLOWDOWN * ports.options().retryNanos());
    boolean answersAll = ports.link().answersAll();
    for (UUID holder : List.copyOf(open)) {
      if (!answersAll || !underWay.containsKey(holder)) {
        send(holder);
      }
    }
    setTimer();
  }

  private void send(UUID holder) {
    long number = ++questions;
    underWay.put(holder, number);
    ports
        .link()
        .send(
            holder, List.of(question.apply(holder)), replies -> answered(holder, number, replies));
  }

  private void answered(UUID holder, long number, List<HolderReply> replies) {
    underWay.remove(holder, number);
    if (!stopped && replies.size() == 1) {
      answer.accept(holder, replies.get(0));
    }
  }
}
