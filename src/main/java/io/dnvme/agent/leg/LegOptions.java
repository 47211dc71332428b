package io.dnvme.agent.leg;

import io.dnvme.ownership.LegRecord;
import io.dnvme.volume.intent.IntentSettings;
import io.dnvme.volume.intent.MemberLayout;
import io.dnvme.volume.intent.RebuildRate;
import io.dnvme.volume.mirror.MirrorOptions;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * Sizes and delays of a leg's devices; the same on every controller of a leg, save how fast it
 * copies and compares.
 *
 * @param regionShift log2 of the bytes that an intent bit stands for
 * @param rebuild how fast members that come back are copied to; this may be another one on each
 *     controller
 * @param returns of members that were slow or failed
 * @param bugs for tests only
 * @param replacements of members that are lost, as people said: by logical disk, the physical disk
 *     that is to have another one in its place ({@link MissingMember})
 * @param scrub when and how fast the leg is scrubbed; this may be another one on each controller
 * @param holderPatienceNanos for which an owner waits for a record holder's store that is not there
 *     where it was, before it has the record kept by the one that is there instead
 */
public record LegOptions(
    int regionShift,
    IntentSettings intent,
    MirrorOptions mirror,
    RebuildRate rebuild,
    ReturnDelays returns,
    Bugs bugs,
    Map<UUID, UUID> replacements,
    ScrubSchedule scrub,
    long holderPatienceNanos) {

  /** A disk that was not mounted when its node started is mounted in less, by people too. */
  public static final long HOLDER_PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(5);

  public LegOptions {
    replacements = Map.copyOf(replacements);
    if (holderPatienceNanos < 0) {
      throw new IllegalArgumentException("a patience of " + holderPatienceNanos + " ns");
    }
  }

  /** What a cluster uses. */
  public static final LegOptions DEFAULT =
      new LegOptions(
          MemberLayout.DEFAULT_REGION_SHIFT,
          IntentSettings.DEFAULT,
          MirrorOptions.DEFAULTS,
          RebuildRate.DEFAULT,
          ReturnDelays.DEFAULT,
          Bugs.NONE);

  /** Legs that are never scrubbed. */
  public LegOptions(
      int regionShift,
      IntentSettings intent,
      MirrorOptions mirror,
      RebuildRate rebuild,
      ReturnDelays returns,
      Bugs bugs) {
    this(
        regionShift,
        intent,
        mirror,
        rebuild,
        returns,
        bugs,
        Map.of(),
        ScrubSchedule.NEVER,
        HOLDER_PATIENCE_NANOS);
  }

  public LegOptions withRebuild(RebuildRate rate) {
    return new LegOptions(
        regionShift, intent, mirror, rate, returns, bugs, replacements, scrub, holderPatienceNanos);
  }

  public LegOptions withScrub(ScrubSchedule schedule) {
    return new LegOptions(
        regionShift,
        intent,
        mirror,
        rebuild,
        returns,
        bugs,
        replacements,
        schedule,
        holderPatienceNanos);
  }

  public LegOptions withReplacements(Map<UUID, UUID> wanted) {
    return new LegOptions(
        regionShift, intent, mirror, rebuild, returns, bugs, wanted, scrub, holderPatienceNanos);
  }

  public LegOptions withHolderPatience(long nanos) {
    return new LegOptions(
        regionShift, intent, mirror, rebuild, returns, bugs, replacements, scrub, nanos);
  }

  /** Mistakes that tests turn on, to show that they would be found. Never on otherwise. */
  public record Bugs(
      Set<io.dnvme.ownership.PlantedBug> ownership,
      Set<io.dnvme.volume.mirror.PlantedBug> mirror,
      Set<io.dnvme.volume.intent.PlantedBug> intent,
      Set<PlantedBug> leg) {

    public static final Bugs NONE = new Bugs(Set.of(), Set.of(), Set.of(), Set.of());
  }

  /** How the members of a group of that size are laid out. */
  MemberLayout layout(int blockSizeBytes, long groupBytes, boolean checksums) {
    return new MemberLayout(blockSizeBytes, groupBytes / blockSizeBytes, regionShift, checksums);
  }

  /** How the members of one of the leg's groups are laid out: by the record alone. */
  MemberLayout layout(LegRecord record, int group) {
    return layout(
        record.disk().blockSizeBytes(), record.groups().get(group).sizeBytes(), record.checksums());
  }
}
