package io.dnvme.target.reservation;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.nvme.StatusCode;
import io.dnvme.target.reservation.ReservationRequest.PersistenceChange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/**
 * Random commands of few hosts with few keys, against the simplest model that could be right: an
 * array of keys, a type, and the number of the holder.
 */
class ReservationModelTest {

  private static final int HOSTS = 5;
  private static final int KEYS = 4;
  private static final int COMMANDS = 40;
  private static final int ROUNDS = 3000;

  private static final int OK = StatusCode.SUCCESS.status();
  private static final int CONFLICT = StatusCode.RESERVATION_CONFLICT.dnr();
  private static final int INVALID = StatusCode.INVALID_FIELD.dnr();

  /** Keys by host, zero for not registered; wire values of types; -1 for no single holder. */
  private static final class Model {
    final long[] keys = new long[HOSTS];
    int type;
    int holder = -1;

    boolean all() {
      return type >= 5;
    }

    int register(int host, long key) {
      if (key == 0) {
        return INVALID;
      }
      if (keys[host] != 0 && keys[host] != key) {
        return CONFLICT;
      }
      keys[host] = key;
      return OK;
    }

    int replace(int host, long key, long newKey, boolean ignore) {
      if (newKey == 0) {
        return INVALID;
      }
      if (!ignore && !matches(host, key)) {
        return CONFLICT;
      }
      keys[host] = newKey;
      return OK;
    }

    int unregister(int host, long key, boolean ignore) {
      if (!ignore && !matches(host, key)) {
        return CONFLICT;
      }
      drop(host);
      return OK;
    }

    int acquire(int host, long key, int newType) {
      if (!matches(host, key)) {
        return CONFLICT;
      }
      if (type != 0) {
        return (all() || holder == host) && type == newType ? OK : CONFLICT;
      }
      hold(host, newType);
      return OK;
    }

    int preempt(int host, long key, long preempted, int newType) {
      if (!matches(host, key)) {
        return CONFLICT;
      }
      boolean takes = type != 0 && (all() ? preempted == 0 : keys[holder] == preempted);
      if (takes) {
        boolean everybody = all();
        for (int other = 0; other < HOSTS; other++) {
          if (other != host && (everybody || keys[other] == preempted)) {
            keys[other] = 0;
          }
        }
        hold(host, newType);
        return OK;
      }
      if (preempted == 0) {
        return type == 0 ? CONFLICT : INVALID;
      }
      boolean found = false;
      for (int other = 0; other < HOSTS; other++) {
        if (keys[other] == preempted) {
          found = true;
          drop(other);
        }
      }
      return found ? OK : CONFLICT;
    }

    int release(int host, long key, int oldType) {
      if (!matches(host, key)) {
        return CONFLICT;
      }
      if (type == 0 || !all() && holder != host) {
        return OK;
      }
      if (type != oldType) {
        return INVALID;
      }
      type = 0;
      holder = -1;
      return OK;
    }

    int clear(int host, long key) {
      if (!matches(host, key)) {
        return CONFLICT;
      }
      Arrays.fill(keys, 0);
      type = 0;
      holder = -1;
      return OK;
    }

    private boolean matches(int host, long key) {
      return keys[host] != 0 && keys[host] == key;
    }

    private void hold(int host, int newType) {
      type = newType;
      holder = newType >= 5 ? -1 : host;
    }

    private void drop(int host) {
      keys[host] = 0;
      if (holder == host || Arrays.stream(keys).allMatch(key -> key == 0)) {
        type = 0;
        holder = -1;
      }
    }

    boolean mayRead(int host) {
      return type == 0 || type % 2 == 1 || hasAccess(host);
    }

    boolean mayWrite(int host) {
      return type == 0 || hasAccess(host);
    }

    private boolean hasAccess(int host) {
      return type <= 2 ? holder == host : keys[host] != 0;
    }
  }

  private static UUID host(int number) {
    return TestHosts.host(number + 1);
  }

  @Test
  void randomCommands_doWhatTheModelDoes() {
    long seed = System.nanoTime();
    System.out.println("ReservationModelTest seed " + seed);
    var random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      runRound(random, "seed " + seed + ", round " + round);
    }
  }

  private static void runRound(Random random, String where) {
    var model = new Model();
    ReservationState state = ReservationState.NONE;
    List<String> history = new ArrayList<>();
    for (int i = 0; i < COMMANDS; i++) {
      int host = random.nextInt(HOSTS);
      // Mostly the right key, else hardly anything would happen.
      long key = random.nextInt(4) > 0 ? model.keys[host] : random.nextInt(KEYS);
      long other = random.nextInt(KEYS);
      int type = 1 + random.nextInt(6);
      boolean ignore = random.nextInt(4) == 0;
      boolean abort = random.nextBoolean();
      PersistenceChange keep = PersistenceChange.KEEP;
      ReservationType reservationType = ReservationType.of(type);
      int expected;
      ReservationRequest request;
      switch (random.nextInt(9)) {
        case 0, 1 -> {
          expected = model.register(host, other);
          request = new ReservationRequest.Register(host(host), other, keep);
        }
        case 2 -> {
          expected = model.replace(host, key, other, ignore);
          request = new ReservationRequest.ReplaceKey(host(host), key, other, ignore, keep);
        }
        case 3 -> {
          expected = model.unregister(host, key, ignore);
          request = new ReservationRequest.Unregister(host(host), key, ignore, keep);
        }
        case 4, 5 -> {
          expected = model.acquire(host, key, type);
          request = new ReservationRequest.Acquire(host(host), key, reservationType);
        }
        case 6 -> {
          expected = model.preempt(host, key, other, type);
          request = new ReservationRequest.Preempt(host(host), key, other, reservationType, abort);
        }
        case 7 -> {
          int released = random.nextBoolean() && model.type != 0 ? model.type : type;
          expected = model.release(host, key, released);
          request = new ReservationRequest.Release(host(host), key, ReservationType.of(released));
        }
        default -> {
          if (random.nextInt(4) > 0) {
            continue;
          }
          expected = model.clear(host, key);
          request = new ReservationRequest.Clear(host(host), key);
        }
      }
      history.add(request.toString());
      ReservationOutcome outcome = ReservationRules.decide(state, request, false);
      String context = where + ": " + String.join("\n", history);
      assertThat(outcome.status()).as(context).isEqualTo(expected);
      checkConsequences(state, outcome, request, context);
      state = outcome.state();
      checkState(state, model, context);
    }
  }

  private static void checkState(ReservationState state, Model model, String context) {
    AccessRule rule = AccessRule.of(state);
    for (int host = 0; host < HOSTS; host++) {
      Registrant registrant = state.find(host(host));
      assertThat(registrant == null ? 0 : registrant.key()).as(context).isEqualTo(model.keys[host]);
      assertThat(rule.status(host(host), CommandGroup.READ) == OK)
          .as(context)
          .isEqualTo(model.mayRead(host));
      assertThat(rule.status(host(host), CommandGroup.WRITE) == OK)
          .as(context)
          .isEqualTo(model.mayWrite(host));
    }
    assertThat(state.isHeld() ? state.type().code() : 0).as(context).isEqualTo(model.type);
    assertThat(state.holder()).as(context).isEqualTo(model.holder < 0 ? null : host(model.holder));
  }

  /** Whoever loses its registration through another hears of it; preempted ones are drained. */
  private static void checkConsequences(
      ReservationState before,
      ReservationOutcome outcome,
      ReservationRequest request,
      String context) {
    List<UUID> lost =
        IntStream.range(0, HOSTS)
            .mapToObj(ReservationModelTest::host)
            .filter(host -> !host.equals(request.hostId()))
            .filter(host -> before.isRegistered(host) && !outcome.state().isRegistered(host))
            .toList();
    List<UUID> told =
        outcome.notices().stream()
            .filter(one -> one.kind() != ReservationNotice.Kind.RESERVATION_RELEASED)
            .map(ReservationNotice::hostId)
            .toList();
    assertThat(told).as(context).containsExactlyInAnyOrderElementsOf(lost);
    if (request instanceof ReservationRequest.Preempt) {
      assertThat(outcome.preempted()).as(context).containsExactlyInAnyOrderElementsOf(lost);
    } else {
      assertThat(outcome.preempted()).as(context).isEmpty();
    }
    assertThat(outcome.notices())
        .as(context)
        .noneMatch(one -> one.hostId().equals(request.hostId()));
  }
}
