package io.dnvme.sim;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/**
 * A kind of world that can be simulated: what runs in it, what may befall it, and what must hold.
 * Each run makes a {@link Course} of its own, laid out by the seed.
 */
interface Scenario {

  /** By this name it is asked for. */
  String name();

  /** The protocol steps at which every nemesis must have struck, over many seeds. */
  List<String> steps();

  /** What may befall it, by name; the same for every seed. */
  List<String> nemeses();

  /**
   * Whether the nemesis must have struck at the step. Not at every one where it is a course of
   * several blows, which makes the steps that it is after by itself.
   */
  default boolean mustMeet(String nemesis, String step) {
    return true;
  }

  /** How many seeds each build runs, counted from 1. */
  default int seeds() {
    return 240;
  }

  /** What the random numbers of that seed's course come from. */
  default long randomness(long seed) {
    return seed;
  }

  /** Mistakes that can be planted in the production classes that run in it, by name. */
  List<String> bugs();

  /** The same kind of world with that mistake in it. */
  Scenario withBug(String name);

  /** Sets the world up. */
  Course begin(SimWorld world);

  /** One run. */
  interface Course {

    /**
     * What the nemeses do, by name.
     *
     * @param random says to whom and how much
     */
    Map<String, Strike> strikes();

    /** Those of {@link Scenario#steps} that something is at now. */
    boolean isAt(String step);

    /** For how long it is attacked. */
    default long attackedNanos() {
      return 24 * SimWorld.SECONDS;
    }

    /** How many strike at the same time, each by a schedule of its own. */
    default int nemesesAtOnce() {
      return 1;
    }

    /** What nemeses lie in wait for, each step as often as it is here. */
    default List<String> aims(List<String> steps) {
      return steps;
    }

    /**
     * Told before anything happens.
     *
     * @param struck to be told the name of each nemesis that strikes without being asked to
     */
    default void strikesByItself(Consumer<String> struck) {}

    /** Whether something is under way that nobody else is to disturb. */
    default boolean isCalm() {
      return false;
    }

    /** Helps a step to be reached that hardly comes by itself; does nothing for others. */
    default void provoke(String step, SplittableRandom random) {}

    /** All that is broken works again. */
    void heal();

    /** No new work; what is under way comes to its end. */
    void stop();

    /** Whether all work is over. */
    boolean isIdle();

    /** Everything is left in good order. */
    void shutDown();

    /** Whether that is done. */
    boolean isShutDown();

    /** Tells the world what was left behind, and what of the hosts' history cannot be. */
    void check();

    /** Commands whose outcome their hosts know. */
    long opsDone();
  }

  /** Does harm, once. */
  @FunctionalInterface
  interface Strike {

    /**
     * @param random says to whom and how much
     * @param struck is to be run when the harm is done, now or a little later
     */
    void strike(SplittableRandom random, Runnable struck);
  }
}
