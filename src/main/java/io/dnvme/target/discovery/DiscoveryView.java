package io.dnvme.target.discovery;

import io.dnvme.block.Reactor;
import io.dnvme.nvme.DiscoveryEntry;
import io.dnvme.nvme.DiscoveryLog;
import io.dnvme.target.event.Subscription;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;

/**
 * The discovery log page (70h, NVMe Base 2.0 §5.16.1.23) as one discovery controller returns it. On
 * the controller's reactor.
 *
 * <p>The content changes only between two turns of the reactor, together with GENCTR and with the
 * word to the controller, which raises the event: pieces that a host reads under one GENCTR fit
 * together. GENCTR takes the discovery subsystem's present count when this host's content changes,
 * and not when only others' does.
 */
public final class DiscoveryView {

  private final Discovery discovery;
  private final String hostNqn;
  private final int portId;
  private final InetAddress localEnd;
  private final Runnable changed;
  private final Subscription subscription;
  private List<DiscoveryRecord> records;
  private long generation;

  DiscoveryView(
      Discovery discovery,
      Reactor reactor,
      String hostNqn,
      int portId,
      InetAddress localEnd,
      Runnable changed) {
    this.discovery = discovery;
    this.hostNqn = hostNqn;
    this.portId = portId;
    this.localEnd = localEnd;
    this.changed = changed;
    this.subscription = discovery.changes().subscribe(reactor, content -> refresh());
    Discovery.Content content = discovery.content();
    records = recordsOf(content);
    generation = content.generation();
  }

  /** GENCTR. */
  public long generation() {
    return generation;
  }

  /**
   * Bytes of the whole page.
   *
   * @param portLocalOnly PLEO: only entries of the portal that the host is connected to
   */
  public long lengthBytes(boolean portLocalOnly) {
    return DiscoveryLog.SIZE + (long) DiscoveryEntry.SIZE * select(portLocalOnly).size();
  }

  /**
   * Writes the part {@code [offset, offset + lengthBytes)} of the page; what lies behind its end is
   * written as zeroes.
   *
   * @param offset below {@link #lengthBytes}; of a larger one the caller makes Invalid Field
   */
  public void read(
      boolean portLocalOnly,
      long offset,
      MemorySegment target,
      long targetOffset,
      long lengthBytes) {
    List<DiscoveryRecord> selected = select(portLocalOnly);
    target.asSlice(targetOffset, lengthBytes).fill((byte) 0);
    MemorySegment block = MemorySegment.ofArray(new byte[DiscoveryEntry.SIZE]);
    long end = Math.min(offset + lengthBytes, lengthBytes(portLocalOnly));
    // Header and entries have one size: the page is a row of blocks.
    for (long at = offset; at < end; ) {
      int index = (int) (at / DiscoveryEntry.SIZE);
      if (index == 0) {
        writeHeader(block, selected.size());
      } else {
        selected.get(index - 1).write(block, 0, discovery.adminQueueEntries());
      }
      long from = at % DiscoveryEntry.SIZE;
      long part = Math.min(DiscoveryEntry.SIZE - from, end - at);
      MemorySegment.copy(block, from, target, targetOffset + at - offset, part);
      at += part;
    }
  }

  /** The controller is gone. */
  public void close() {
    subscription.cancel();
  }

  private void writeHeader(MemorySegment block, int count) {
    new DiscoveryLog()
        .wrap(block, 0)
        .start()
        .set(DiscoveryLog.GENCTR, generation)
        .set(DiscoveryLog.NUMREC, count);
  }

  private List<DiscoveryRecord> select(boolean portLocalOnly) {
    return portLocalOnly
        ? records.stream().filter(one -> one.portId() == portId).toList()
        : records;
  }

  private void refresh() {
    Discovery.Content content = discovery.content();
    List<DiscoveryRecord> now = recordsOf(content);
    if (!now.equals(records)) {
      records = now;
      generation = content.generation();
      changed.run();
    }
  }

  private List<DiscoveryRecord> recordsOf(Discovery.Content content) {
    var now = new ArrayList<DiscoveryRecord>();
    for (Portal portal : content.portals()) {
      InetAddress address = portal.addressFor(localEnd);
      if (address == null) {
        continue;
      }
      int family = TransportAddress.family(address);
      String text = TransportAddress.text(address);
      if (portal.announcesDiscovery()) {
        now.add(DiscoveryRecord.discovery(portal, family, text));
      }
      if (portal.servesIo()) {
        for (Discovery.Listed subsystem : content.subsystems()) {
          if (subsystem.access().allows(hostNqn)) {
            now.add(DiscoveryRecord.nvm(subsystem.nqn(), portal, family, text));
          }
        }
      }
    }
    return now;
  }
}
