package io.dnvme.main.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigUtil;
import io.dnvme.main.CommandException;
import io.dnvme.main.Configuration;
import io.dnvme.main.ExitCode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A process's configuration file over the defaults of all packages.
 *
 * @param role the section of what this process is, such as {@code dnvme.disk-node}
 * @param process everything, for what reads its settings by itself
 */
public record NodeConfiguration(Section role, Config process) {

  private static final String ROOT = "dnvme";

  /** What other libraries call their settings. */
  private static final String PEKKO = "pekko";

  /**
   * Reads {@code file}.
   *
   * @param roleName name of the process's section below {@code dnvme}
   * @throws CommandException where the file cannot be read, is no configuration, or has settings
   *     outside the process's section that do not exist
   */
  public static NodeConfiguration load(Path file, String roleName) {
    if (!Files.isReadable(file) || Files.isDirectory(file)) {
      throw new CommandException(ExitCode.USAGE, "cannot read " + file);
    }
    try {
      return of(ConfigFactory.parseFile(file.toFile()).resolve(), roleName);
    } catch (ConfigException e) {
      // What is wrong with the file's form is told with its name already.
      String message = firstLine(e.getMessage());
      String text = message.startsWith(file.toString()) ? message : file + ": " + message;
      throw new CommandException(ExitCode.USAGE, text, e);
    } catch (CommandException e) {
      throw new CommandException(e.exitCode(), file + ": " + e.getMessage(), e);
    }
  }

  private static NodeConfiguration of(Config file, String roleName) {
    String rolePath = ROOT + "." + roleName;
    Config defaults = Configuration.load(Map.of());
    if (!file.hasPath(rolePath)) {
      throw new CommandException(ExitCode.USAGE, "there is no section " + rolePath);
    }
    for (var entry : file.entrySet()) {
      List<String> key = ConfigUtil.splitPath(entry.getKey());
      boolean ofRole = key.size() > 2 && key.get(0).equals(ROOT) && key.get(1).equals(roleName);
      boolean known = key.getFirst().equals(PEKKO) || defaults.hasPath(entry.getKey());
      if (!ofRole && !known) {
        throw new CommandException(ExitCode.USAGE, "there is no setting " + entry.getKey());
      }
    }
    Config process = file.withFallback(defaults).resolve();
    return new NodeConfiguration(new Section(rolePath, process.getConfig(rolePath)), process);
  }

  private static String firstLine(String text) {
    return text.lines().findFirst().orElse(text);
  }
}
