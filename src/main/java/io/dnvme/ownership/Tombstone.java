package io.dnvme.ownership;

import io.dnvme.disk.admission.Epoch;
import java.util.List;

/**
 * What a retired holder keeps, until the leg is deleted, so that whoever asks it finds the way.
 *
 * @param epoch under which it was retired
 * @param generation of the first record without it
 * @param successors that record's holders
 */
public record Tombstone(Epoch epoch, long generation, List<Holder> successors) {

  public Tombstone {
    successors = List.copyOf(successors);
  }
}
