package io.dnvme.sim;

import io.dnvme.initiator.QueueOptions;
import java.util.List;

/**
 * What a {@link SimHost} does.
 *
 * @param ports where the virtual disk is reached
 * @param subsystemNqn whose
 * @param workers commands at once
 * @param firstBlock where the blocks that it uses begin
 * @param blocks how many
 * @param queues what its queue pairs are like
 * @param keepAliveMs KATO
 * @param thinkNanos the most time that a worker rests between two commands
 * @param fenced there is one path, and a new association of whoever ends all others first (OWNER):
 *     what is lost is sent again as soon as there is one, without waiting for CQT
 * @param followsAna sends nothing where the namespace is inaccessible
 * @param onlyReads never changes anything
 * @param zeroes some of its writes are Write Zeroes and deallocations
 * @param faultRestNanos how long a worker rests when the disk failed a command: commands of which
 *     nobody knows what they did must not be too many for {@link BlockChecker}
 */
record HostPlan(
    List<Integer> ports,
    String subsystemNqn,
    int workers,
    long firstBlock,
    int blocks,
    QueueOptions queues,
    int keepAliveMs,
    long thinkNanos,
    boolean fenced,
    boolean followsAna,
    boolean onlyReads,
    boolean zeroes,
    long faultRestNanos) {}
