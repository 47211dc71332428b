package io.dnvme.initiator;

import io.dnvme.nvme.IdentifyNamespace;
import io.dnvme.nvme.NamespaceDescriptors;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Who a namespace is, on every path and after every reconnect: the identifiers in hexadecimal,
 * empty where a target has none.
 */
public record NamespaceIdentity(String uuid, String nguid, String eui64) {

  /**
   * @param descriptors null where the target has none
   */
  static NamespaceIdentity read(IdentifyNamespace namespace, NamespaceDescriptors descriptors) {
    return new NamespaceIdentity(
        descriptors == null ? "" : hex(descriptors.find(NamespaceDescriptors.NIDT_UUID)),
        hex(namespace.get(IdentifyNamespace.NGUID)),
        hex(namespace.get(IdentifyNamespace.EUI64)));
  }

  private static String hex(byte[] bytes) {
    if (bytes == null || Arrays.equals(bytes, new byte[bytes.length])) {
      return "";
    }
    return HexFormat.of().formatHex(bytes);
  }
}
