package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/**
 * What goes wrong in an {@link OwnershipModel}, and what its controllers are asked to do meanwhile.
 * Each seed draws how likely each kind is, so that seeds differ in what they are about.
 */
final class Nemesis {

  private static final int OTHER_LEASE_MS = 3 * LegRecord.DEFAULT_LEASE_MS;

  private static final long MILLIS = 1_000_000L;
  private static final long WISH_LOOK_NANOS = 500 * MILLIS;
  private static final int[] WEIGHTS = {0, 0, 1, 4};

  /** Only where a change of the holders meets another one: whoever is there is struck. */
  private static final HolderStep SELDOM = HolderStep.WAITING;

  private enum Act {
    CLAIM,
    RELEASE,
    CHANGE,
    CHANGE_HOLDERS,
    DISMISS,
    WITHOUT_MEMBER,
    CRASH_CONTROLLER,
    PAUSE_CONTROLLER,
    CLOSE_CONNECTIONS,
    CRASH_HOLDER,
    CRASH_ALL_HOLDERS,
    PAUSE_HOLDER,
    FAIL_STORE,
    CUT,
    CUT_OWNER_OFF,
    SLOW,
    HEAL
  }

  private final OwnershipModel model;
  private final Random random;
  private final List<ModelHolder> holders;
  private final List<ModelController> controllers;
  private final Map<Act, Integer> weights = new EnumMap<>(Act.class);
  private final long paceNanos;
  private final Claim.State ambushed;
  private final HolderStep ambushedStep;
  private int ambushes = 3;
  private boolean ended;
  private LegRecord first;
  private Set<UUID> hints = Set.of();

  Nemesis(
      OwnershipModel model,
      Random random,
      List<ModelHolder> holders,
      List<ModelController> controllers) {
    this.model = model;
    this.random = random;
    this.holders = holders;
    this.controllers = controllers;
    for (Act act : Act.values()) {
      weights.put(act, WEIGHTS[random.nextInt(WEIGHTS.length)]);
    }
    weights.merge(Act.CLAIM, 6, Integer::sum);
    weights.merge(Act.HEAL, 2, Integer::sum);
    paceNanos = random.nextLong(20 * MILLIS, 600 * MILLIS);
    ambushedStep = HolderStep.values()[random.nextInt(HolderStep.values().length)];
    ambushed = Claim.State.values()[random.nextInt(Claim.State.ENDED.ordinal())];
  }

  void begin(LegRecord firstRecord) {
    first = firstRecord;
    hints = OwnershipModel.stores(first.holders());
    if (random.nextInt(3) == 0) {
      cut();
    }
    model.network.troubles(
        random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.1,
        random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.2,
        random.nextInt(3) == 0 ? 0 : random.nextDouble() * 0.1);
    double deaths = random.nextInt(2) == 0 ? 0 : random.nextDouble() * 0.1;
    holders.forEach(holder -> holder.deaths(deaths));
    int creators = random.nextInt(1, controllers.size() + 1);
    controllers.subList(0, creators).forEach(creator -> creator.leg.create(firstOf(creator)));
    next();
  }

  /** From now on all is well, and everybody who can claims. */
  void end() {
    ended = true;
    model.network.heal();
    model.network.troubles(0, 0, 0);
    for (ModelHolder holder : holders) {
      holder.failures(0);
      holder.deaths(0);
      if (!holder.alive() || holder.hasFailed()) {
        restart(holder);
      }
    }
    for (ModelController controller : controllers) {
      if (!controller.alive()) {
        controller.start(hints);
      }
      controller.run(() -> controller.leg.usable(true));
      controller.run(() -> controller.leg.create(firstOf(controller)));
    }
  }

  private void next() {
    model.time.after(
        random.nextLong(2 * paceNanos),
        () -> {
          if (!ended) {
            act(draw());
            next();
          }
        });
  }

  /** Strikes a few of those who come to one step, which differs between seeds. */
  void ambush() {
    for (ModelController controller : controllers) {
      if (ambushes > 0
          && !ended
          && controller.alive()
          && !controller.paused()
          && isAmbushed(controller)
          && (controller.leg.holderStep() == SELDOM || random.nextInt(3) == 0)) {
        ambushes--;
        Act act = random.nextBoolean() ? Act.CRASH_CONTROLLER : Act.PAUSE_CONTROLLER;
        model.counts.add(act + " while " + doing(controller));
        if (act == Act.CRASH_CONTROLLER) {
          crash(controller);
        } else {
          controller.pause(pauseNanos());
        }
      }
    }
  }

  private boolean isAmbushed(ModelController controller) {
    HolderStep step = controller.leg.holderStep();
    return controller.leg.claimState() == ambushed
        || step != null && (step == ambushedStep || step == SELDOM);
  }

  private Act draw() {
    int ticket = random.nextInt(weights.values().stream().mapToInt(Integer::intValue).sum());
    for (Act act : Act.values()) {
      ticket -= weights.get(act);
      if (ticket < 0) {
        return act;
      }
    }
    throw new IllegalStateException("the weights' sum is wrong");
  }

  private void act(Act act) {
    ModelController controller = any(controllers);
    ModelHolder holder = any(holders);
    if (act == Act.CRASH_CONTROLLER || act == Act.PAUSE_CONTROLLER) {
      controller = random.nextBoolean() ? busiest() : controller;
      model.counts.add(act + " while " + doing(controller));
    } else {
      model.counts.add(act.toString());
    }
    ModelController it = controller;
    switch (act) {
      case CLAIM -> it.run(() -> claim(it));
      case RELEASE -> it.run(() -> ending(it, it.leg::release));
      case CHANGE -> owners().forEach(owner -> owner.run(() -> change(owner)));
      case CHANGE_HOLDERS -> owners().forEach(owner -> owner.run(() -> changeHolders(owner)));
      case DISMISS -> owners().forEach(owner -> owner.run(() -> dismissStrangers(owner)));
      case WITHOUT_MEMBER -> owners().forEach(owner -> owner.run(() -> withoutMember(owner)));
      case CRASH_CONTROLLER -> crash(it);
      case PAUSE_CONTROLLER -> it.pause(pauseNanos());
      case CLOSE_CONNECTIONS -> holders.forEach(each -> each.connectionClosed(it.incarnation()));
      case CRASH_HOLDER -> crash(holder);
      case CRASH_ALL_HOLDERS -> holders.forEach(this::crash);
      case PAUSE_HOLDER -> holder.pause(pauseNanos());
      case FAIL_STORE -> failStore(holder);
      case CUT -> {
        cut();
        healLater();
      }
      case CUT_OWNER_OFF -> {
        owners().forEach(this::cutOff);
        healLater();
      }
      case SLOW -> {
        slow(it);
        healLater();
      }
      case HEAL -> model.network.heal();
    }
  }

  /** In some runs those who would create the leg were told different leases (LEASE). */
  private LegRecord firstOf(ModelController creator) {
    return model.seed() % 3 == 0 && controllers.indexOf(creator) % 2 == 1
        ? Samples.withLease(first, first.epoch(), OTHER_LEASE_MS)
        : first;
  }

  /** As a standby does, or as the leg's creation that is tried again, however late. */
  private void claim(ModelController controller) {
    if (random.nextInt(4) == 0 || !model.exists()) {
      controller.leg.create(firstOf(controller));
    } else {
      controller.leg.claim();
    }
  }

  private static String doing(ModelController controller) {
    if (!controller.alive()) {
      return "dead";
    }
    HolderStep step = controller.leg.holderStep();
    if (step != null) {
      return "HOLDERS " + step;
    }
    Claim.State claiming = controller.leg.claimState();
    return claiming != null ? claiming.toString() : controller.leg.state().toString();
  }

  private void ending(ModelController controller, Runnable end) {
    Epoch epoch = controller.leg.epoch();
    end.run();
    if (!epoch.isNone()) {
      model.ended(epoch);
    }
  }

  private void change(ModelController owner) {
    owner.leg.change(this::anyStep, outcome -> changed("change", outcome));
  }

  private LegRecord anyStep(LegRecord record) {
    Group group = record.groups().get(0);
    Member member = any(group.members());
    return switch (random.nextInt(4)) {
      case 0 -> record.withMembers(List.of(member.withState(any(List.of(MemberState.values())))));
      case 1 ->
          record.withMembers(
              group.members().stream()
                  .filter(m -> !m.inSync())
                  .map(m -> m.withState(MemberState.values()[m.state().ordinal() + 1]))
                  .toList());
      default -> record.withSize(record.sizeBytes() + 1);
    };
  }

  private void changeHolders(ModelController owner) {
    List<Holder> next = anyHolders();
    owner.leg.changeHolders(next, outcome -> changed("change of holders", outcome));
  }

  /** From now on any owner has the record kept by these: asked again until it is so. */
  Set<UUID> agreeOnHolders() {
    List<Holder> wanted = anyHolders();
    wish(wanted);
    return OwnershipModel.stores(wanted);
  }

  private void wish(List<Holder> wanted) {
    for (ModelController owner : owners()) {
      boolean isSo =
          OwnershipModel.stores(owner.leg.record().holders()).equals(OwnershipModel.stores(wanted));
      if (!isSo && owner.leg.holderStep() == null) {
        owner.run(() ->
            owner.leg.changeHolders(wanted, outcome -> changed("change of holders", outcome)));
      }
    }
    controllers.stream()
        .filter(c -> c.leg.state() == LegOwnership.State.IDLE)
        .forEach(idle -> idle.run(idle.leg::claim));
    model.time.after(WISH_LOOK_NANOS, () -> wish(wanted));
  }

  private List<Holder> anyHolders() {
    List<ModelHolder> shuffled = new ArrayList<>(holders);
    Collections.shuffle(shuffled, random);
    return shuffled.subList(0, model.setSize()).stream().map(ModelHolder::asHolder).toList();
  }

  void dismissStrangers(ModelController owner) {
    owner.leg.dismiss(holders.stream().map(ModelHolder::identity).toList());
  }

  private void changed(String what, ChangeOutcome outcome) {
    model.counts.add(what + " " + outcome.getClass().getSimpleName());
    if (outcome instanceof ChangeOutcome.Refused refused && what.contains("holders")) {
      model.counts.add(what + " Refused: " + refused.reason().replaceAll("epoch .*", "epoch"));
    }
    if (outcome instanceof ChangeOutcome.Known known) {
      model.known(known.record());
    }
  }

  private void withoutMember(ModelController owner) {
    owner.leg.usable(false);
    owner.runAfter(random.nextLong(4000 * MILLIS), () -> owner.leg.usable(true));
  }

  private void crash(ModelController controller) {
    if (controller.alive()) {
      UUID incarnation = controller.incarnation();
      controller.crash();
      holders.forEach(holder -> holder.connectionClosed(incarnation));
      model.time.after(
          random.nextLong(2000 * MILLIS),
          () -> {
            if (!controller.alive()) {
              controller.start(hints);
            }
          });
    }
  }

  void crash(ModelHolder holder) {
    if (holder.alive()) {
      model.counts.add(holder.isWriting() ? "holder died in a write" : "holder died idle");
      holder.crash();
      long downNanos = random.nextLong(random.nextBoolean() ? 20 * MILLIS : 2000 * MILLIS);
      model.time.after(
          downNanos,
          () -> {
            if (!holder.alive()) {
              restart(holder);
            }
          });
    }
  }

  private void restart(ModelHolder holder) {
    if (holder.alive()) {
      holder.crash();
    }
    holder.start(model.bugs);
  }

  private void failStore(ModelHolder holder) {
    holder.failures(0.5);
    model.time.after(
        random.nextLong(1000 * MILLIS),
        () -> {
          holder.failures(0);
          if (holder.alive() && holder.hasFailed()) {
            model.counts.add("holder restarted after its store failed");
            restart(holder);
          }
        });
  }

  /** Controllers and holders that do not hear each other, one way or both. */
  private void cut() {
    for (ModelController controller : controllers) {
      for (ModelHolder holder : holders) {
        if (random.nextInt(3) == 0) {
          boolean both = random.nextBoolean();
          boolean out = random.nextBoolean();
          if (both || out) {
            model.network.cut(controller, holder);
          }
          if (both || !out) {
            model.network.cut(holder, controller);
          }
        }
      }
    }
  }

  private void healLater() {
    model.time.after(random.nextLong(1500 * MILLIS), model.network::heal);
  }

  private void cutOff(ModelController owner) {
    holders.forEach(holder -> model.network.cut(owner, holder));
    holders.forEach(holder -> holder.connectionClosed(owner.incarnation()));
  }

  private void slow(ModelController controller) {
    boolean requests = random.nextBoolean();
    for (ModelHolder holder : holders) {
      long byNanos = random.nextLong(800 * MILLIS);
      if (requests) {
        model.network.slow(controller, holder, byNanos);
      } else {
        model.network.slow(holder, controller, byNanos);
      }
    }
  }

  private long pauseNanos() {
    return random.nextBoolean() ? random.nextLong(500 * MILLIS) : random.nextLong(5000 * MILLIS);
  }

  private List<ModelController> owners() {
    return controllers.stream()
        .filter(c -> c.alive() && c.leg.state() == LegOwnership.State.OWNER)
        .toList();
  }

  /** Whoever claims, if anybody does. */
  private ModelController busiest() {
    return controllers.stream()
        .filter(c -> c.alive() && c.leg.state() == LegOwnership.State.CLAIMING)
        .findFirst()
        .orElseGet(() -> any(controllers));
  }

  private <T> T any(List<T> list) {
    return list.get(random.nextInt(list.size()));
  }
}
