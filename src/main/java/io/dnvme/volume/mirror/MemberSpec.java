package io.dnvme.volume.mirror;

import io.dnvme.block.BlockDevice;
import java.util.UUID;

/**
 * One member as a group is put together.
 *
 * @param disk identity of the disk that holds it: two members never share one
 * @param device the whole logical disk, header included; null for an absent member
 * @param dataStartBlock where the group's data begins on it
 * @param state as the record says it
 * @param distance how far it is, for reads: the nearest is the least
 */
public record MemberSpec(
    UUID disk, BlockDevice device, long dataStartBlock, MemberState state, int distance) {}
