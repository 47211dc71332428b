package io.dnvme.build;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.ImportOrderer;
import com.google.googlejavaformat.java.JavaFormatterOptions;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The one formatting of all Java sources: google-java-format, without options. {@code mvn verify}
 * checks it; {@code mvn -q test -Dtest=SourceFormatTest -Dformat.apply=true} puts it right.
 */
final class SourceFormat {

  private final Formatter formatter =
      new Formatter(
          JavaFormatterOptions.builder().style(JavaFormatterOptions.Style.GOOGLE).build());

  /** All Java sources below {@code root}/src. */
  static List<Path> sources(Path root) throws IOException {
    try (var walk = Files.walk(root.resolve("src"))) {
      return walk.filter(path -> path.toString().endsWith(".java")).sorted().toList();
    }
  }

  /** The sources that are not formatted; rewritten when {@code apply}. */
  List<Path> unformatted(List<Path> sources, boolean apply) throws IOException, FormatterException {
    var found = new ArrayList<Path>();
    for (Path source : sources) {
      String text = Files.readString(source);
      String formatted = format(text);
      if (!formatted.equals(text)) {
        found.add(source);
        if (apply) {
          Files.writeString(source, formatted);
        }
      }
    }
    return found;
  }

  private String format(String text) throws FormatterException {
    String ordered =
        ImportOrderer.reorderImports(
            RemoveUnusedImports.removeUnusedImports(text), JavaFormatterOptions.Style.GOOGLE);
    return formatter.formatSource(ordered);
  }
}
