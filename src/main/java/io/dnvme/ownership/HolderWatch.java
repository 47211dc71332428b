package io.dnvme.ownership;

import java.util.UUID;

/**
 * Holders that say by themselves when a leg may be claimed: its owner released it, or its lease is
 * over. A claimant that was told to wait is told then, and need not ask all the time. Nothing rests
 * on it but how soon a claim goes on: what is told may be wrong, late or missing. Of one reactor.
 */
public interface HolderWatch {

  /** Is told of one leg. */
  interface Listener {

    /** The holder would promise, when it said so. */
    void free(UUID holder);

    /** What a holder may have said got lost, or it knows nothing of this claimant any more. */
    void askAgain();
  }

  /** Nobody says anything. */
  HolderWatch NONE =
      new HolderWatch() {
        @Override
        public boolean covers(UUID holder) {
          return false;
        }

        @Override
        public void add(UUID leg, Listener listener) {}

        @Override
        public void remove(UUID leg, Listener listener) {}
      };

  /** Whether the holder says it of legs that it was asked for (Read) and had to wait for. */
  boolean covers(UUID holder);

  /** From now on {@code listener} is told of {@code leg}, and nobody else. */
  void add(UUID leg, Listener listener);

  void remove(UUID leg, Listener listener);
}
