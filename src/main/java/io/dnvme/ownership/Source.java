package io.dnvme.ownership;

import java.util.Objects;
import java.util.UUID;

/**
 * Where a clone's content comes from while it is not all here.
 *
 * @param id of the snapshot, or of the namespace that is imported
 * @param location how it is reached, as its kind needs it; may be empty
 */
public record Source(UUID id, String location) {

  public Source {
    Objects.requireNonNull(id, "id");
    LegRecord.checkText("a source's location", location, LegRecord.MAX_LOCATION_BYTES);
  }
}
