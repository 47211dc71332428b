package io.dnvme.block;

/**
 * What a layer above may rely on.
 *
 * @param lendsReads reads complete with views of the device's own memory in {@link BlockIo#data};
 *     the submitter gives no buffer and calls {@link BlockIo#release} when done with the views
 * @param consumesWritesOnSubmit the data of writes and compares is not touched after {@link
 *     BlockDevice#submit} returned, even where the command is still in flight
 * @param volatileCache acknowledged writes may be lost with the power unless flushed or FUA
 * @param deallocates deallocating returns the space to whoever provides it; deallocated blocks
 *     always read as zeroes
 * @param maxTransferBytes the most data that one read, write or compare may carry
 */
public record DeviceTraits(
    boolean lendsReads,
    boolean consumesWritesOnSubmit,
    boolean volatileCache,
    boolean deallocates,
    int maxTransferBytes) {}
