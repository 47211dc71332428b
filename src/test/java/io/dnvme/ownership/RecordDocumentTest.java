package io.dnvme.ownership;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/record-format.md has the golden bytes and the limits: they are those of the code. */
class RecordDocumentTest {

  private static final Path DOCUMENT = Path.of("docs/record-format.md");

  private static final Pattern GOLDEN =
      Pattern.compile("Golden bytes, ([a-z ]+):\\n\\n```\\n(.*?)```", Pattern.DOTALL);

  /**
   * The bytes of a dump in which lines of zeroes are left out, and whose last line is the length.
   */
  private static byte[] bytes(String dump) {
    var bytes = new ByteArrayOutputStream();
    for (String line : dump.lines().toList()) {
      int at = HexFormat.fromHexDigits(line.substring(0, 4));
      bytes.writeBytes(new byte[at - bytes.size()]);
      if (line.length() > 4) {
        bytes.writeBytes(HexFormat.of().parseHex(line.substring(6).replace(" ", "")));
      }
    }
    return bytes.toByteArray();
  }

  @Test
  void goldenBytes_areThoseOfTheGoldenFiles() throws Exception {
    Map<String, byte[]> documented = new HashMap<>();
    Matcher matcher = GOLDEN.matcher(Files.readString(DOCUMENT));
    while (matcher.find()) {
      documented.put(matcher.group(1), bytes(matcher.group(2)));
    }
    assertThat(documented).containsOnlyKeys("leg record", "holder entry");
    assertThat(documented.get("leg record")).isEqualTo(Golden.bytes("leg-record-v1.hex"));
    assertThat(documented.get("holder entry")).isEqualTo(Golden.bytes("holder-entry-v1.hex"));
  }

  @Test
  void limitsAndCodes_areThoseOfTheCode() throws Exception {
    String document = Files.readString(DOCUMENT);
    assertThat(document)
        .contains("%d to 60,000".formatted(LegRecord.MIN_LEASE_MS))
        .contains("list of 1 to %d *groups*".formatted(LegRecord.MAX_GROUPS))
        .contains("list of at most %d: id".formatted(LegRecord.MAX_SOURCES))
        .contains("text, at most %d bytes".formatted(LegRecord.MAX_LOCATION_BYTES))
        .contains("text, at most %d bytes; a hint".formatted(LegRecord.MAX_ADDRESS_BYTES))
        .contains("text, at most %d bytes".formatted(DiskIdentity.MAX_NAME_BYTES))
        .contains("list of 1 to %d ids".formatted(DiskIdentity.MAX_LEGS))
        .contains("list of at most %d texts".formatted(DiskIdentity.MAX_ALLOWED_HOSTS))
        .contains("list of 1 to %d, on".formatted(Group.MAX_MEMBERS));
    assertThat(LegRecord.MAX_LEASE_MS).isEqualTo(60_000);
    for (MemberState state : MemberState.values()) {
      String word = state.name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
      assertThat(document).contains("%d %s".formatted(state.code(), word));
    }
  }
}
