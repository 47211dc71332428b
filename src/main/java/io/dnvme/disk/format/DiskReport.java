package io.dnvme.disk.format;

import java.util.List;
import java.util.UUID;

/**
 * What a check found on a disk that is whole.
 *
 * @param nodeId the disk node whose disk it is, or zeroes
 * @param badSuperblocks copies of the superblock that are damaged; the other one is good
 * @param badPageCopies copies of pages that are damaged; their other ones are good
 * @param leftovers extents that a crash left without a logical disk; opening the disk zeroes them
 */
public record DiskReport(
    UUID clusterId,
    UUID nodeId,
    UUID diskId,
    DiskUsage usage,
    List<LogicalDisk> logicalDisks,
    int badSuperblocks,
    int badPageCopies,
    int leftovers) {}
