package io.dnvme.agent.leg;

import io.dnvme.ownership.Holder;
import io.dnvme.ownership.LegRecord;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/**
 * Which node a record holder is, and how people call it: a holder is its store, which says nothing
 * to anybody (RECORD). Lives on the controller's home reactor.
 */
final class HolderNames {

  private static final int SHORT_ID_LENGTH = 8;

  private final Collection<DiskNodeLink> nodes;

  HolderNames(Collection<DiskNodeLink> nodes) {
    this.nodes = nodes;
  }

  /** A node's store as a holder, with the address where it is. */
  static Holder holder(DiskNodeLink node, UUID store) {
    return new Holder(store, hint(node.address()));
  }

  private static String hint(InetSocketAddress address) {
    String host = address.getHostString();
    String text = (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    boolean fits = text.getBytes(StandardCharsets.UTF_8).length <= LegRecord.MAX_ADDRESS_BYTES;
    return fits ? text : "";
  }

  String of(List<Holder> holders) {
    return holders.stream().map(this::of).collect(Collectors.joining(", "));
  }

  private String of(Holder holder) {
    Optional<DiskNodeLink> its =
        nodes.stream()
            .filter(node -> holder.store().equals(node.stores().last()))
            .findFirst()
            .or(() -> nodes.stream().filter(node -> had(node, holder)).findFirst());
    if (its.isPresent() && !isReplaced(its.get(), holder)) {
      return its.get().name();
    }
    String store = "store " + holder.store().toString().substring(0, SHORT_ID_LENGTH);
    if (its.isPresent()) {
      return its.get().name() + "'s earlier " + store;
    }
    return holder.address().isEmpty() ? store : holder.address();
  }

  /** Whether the node has, or had, that store: as far as this process or the record knows. */
  static boolean had(DiskNodeLink node, Holder holder) {
    return node.stores().has(holder.store())
        || !holder.address().isEmpty() && holder.address().equals(hint(node.address()));
  }

  private static boolean isReplaced(DiskNodeLink node, Holder holder) {
    return node.stores().last() != null && !node.stores().last().equals(holder.store());
  }

  String ofNodes(Collection<UUID> ids) {
    return nodes.stream()
        .filter(node -> ids.contains(node.node()))
        .map(DiskNodeLink::name)
        .collect(Collectors.joining(", "));
  }
}
