package io.dnvme.nvme.vendor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** docs/vendor-commands.md has the golden bytes and the codes: they are those of the code. */
class VendorDocumentTest {

  private static final Path DOCUMENT = Path.of("docs/vendor-commands.md");

  private static final Pattern GOLDEN =
      Pattern.compile("Golden bytes, ([a-z ]+):\\n\\n```\\n(.*?)```", Pattern.DOTALL);

  @Test
  void goldenBytes_areWhatTheCodeWrites() throws IOException {
    Map<String, String> documented = new LinkedHashMap<>();
    Matcher matcher = GOLDEN.matcher(Files.readString(DOCUMENT));
    while (matcher.find()) {
      documented.put(matcher.group(1), matcher.group(2));
    }
    Map<String, String> written = new LinkedHashMap<>();
    VendorSamples.byName().forEach((name, bytes) -> written.put(name, dump(bytes)));
    assertThat(documented).isEqualTo(written);
  }

  @Test
  void codes_areThoseOfTheCode() throws IOException {
    String document = Files.readString(DOCUMENT);
    for (RecordOp op : RecordOp.values()) {
      assertThat(document).contains(row(op.code(), op));
    }
    for (DiskOp op : DiskOp.values()) {
      assertThat(document).contains(row(op.code(), op));
    }
    for (EntryResult result : EntryResult.values()) {
      assertThat(document).contains(row(result.code(), result));
    }
    for (VendorStatus status : VendorStatus.values()) {
      assertThat(document).contains(row(status.status() & 0xff, status));
    }
  }

  private static String row(int code, Enum<?> constant) {
    return "| %02Xh | %s |".formatted(code, constant.name());
  }

  /** Sixteen bytes a line; lines of zeroes only are left out. */
  private static String dump(byte[] bytes) {
    var lines = new StringBuilder();
    for (int at = 0; at < bytes.length; at += 16) {
      int end = Math.min(at + 16, bytes.length);
      String line = HexFormat.ofDelimiter(" ").formatHex(bytes, at, end);
      if (!line.matches("[0 ]+")) {
        lines.append("%04x: %s%n".formatted(at, line));
      }
    }
    return lines.append("%04x%n".formatted(bytes.length)).toString();
  }
}
