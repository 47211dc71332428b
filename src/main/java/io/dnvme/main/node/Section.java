package io.dnvme.main.node;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValueType;
import io.dnvme.main.CommandException;
import io.dnvme.main.Endpoint;
import io.dnvme.main.ExitCode;
import io.dnvme.main.Sizes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.function.Function;

/**
 * One section of a configuration file, read key by key. What is wrong is a {@link CommandException}
 * whose one line has the key's path; {@link #end} finds keys that nobody asked for. From one thread
 * at a time.
 */
public final class Section {

  private final String path;
  private final Config config;
  private final Set<String> asked = new HashSet<>();
  private final List<Section> children = new ArrayList<>();

  Section(String path, Config config) {
    this.path = path;
    this.config = config;
  }

  /** Whether the key has a value. */
  public boolean has(String key) {
    asked.add(key);
    return config.hasPath(quoted(key));
  }

  public String text(String key) {
    return value(key, Config::getString);
  }

  public boolean flag(String key) {
    return value(key, Config::getBoolean);
  }

  /** A whole number within the limits, both included. */
  public int number(String key, int least, int most) {
    int number = value(key, Config::getInt);
    if (number < least || number > most) {
      throw wrong(key, "must be " + least + " to " + most + ", not " + number);
    }
    return number;
  }

  /** Nanoseconds of a time such as {@code 400ms}, at least one. */
  public long nanos(String key) {
    long nanos = value(key, (from, name) -> from.getDuration(name).toNanos());
    if (nanos <= 0) {
      throw wrong(key, "must be positive");
    }
    return nanos;
  }

  /** Bytes of a size such as {@code 10G}. */
  public long sizeBytes(String key) {
    return parsed(key, Sizes::parse);
  }

  public UUID uuid(String key) {
    return parsed(key, Section::uuidOf);
  }

  /** A value in whatever form {@code parse} takes; it refuses with an IllegalArgumentException. */
  public <T> T parsed(String key, Function<String, T> parse) {
    String text = text(key);
    try {
      return parse.apply(text);
    } catch (IllegalArgumentException e) {
      throw wrong(key, e.getMessage());
    }
  }

  public List<String> texts(String key) {
    return value(key, Config::getStringList);
  }

  /** An address, or none where it says {@code off}. */
  public Optional<Endpoint> endpointOrOff(String key) {
    return text(key).equals("off") ? Optional.empty() : Optional.of(parsed(key, Endpoint::parse));
  }

  /** At least one address, and each port once, unless any free one will do. */
  public List<Endpoint> endpoints(String key) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (String text : texts(key)) {
      try {
        Endpoint endpoint = Endpoint.parse(text);
        if (endpoint.port() != 0 && endpoints.contains(endpoint)) {
          throw wrong(key, "names " + endpoint + " twice");
        }
        endpoints.add(endpoint);
      } catch (IllegalArgumentException e) {
        throw wrong(key, e.getMessage());
      }
    }
    if (endpoints.isEmpty()) {
      throw wrong(key, "must name an address");
    }
    return endpoints;
  }

  /** Lists of texts, such as {@code [[a, b], [c, d]]}. */
  public List<List<String>> textLists(String key) {
    return value(
        key,
        (from, name) -> {
          List<List<String>> lists = new ArrayList<>();
          for (Object list : from.getAnyRefList(name)) {
            if (!(list instanceof List<?> texts)) {
              throw new ConfigException.BadValue(name, "must be a list of lists");
            }
            lists.add(texts.stream().map(String::valueOf).toList());
          }
          return lists;
        });
  }

  /** UUIDs by UUIDs, such as <code>{ "0d1f…" = "9c55…" }</code>. */
  public Map<UUID, UUID> uuidPairs(String key) {
    Section pairs = section(key);
    Map<UUID, UUID> read = new LinkedHashMap<>();
    for (String name : new TreeSet<>(pairs.config.root().keySet())) {
      try {
        read.put(uuidOf(name), pairs.uuid(name));
      } catch (IllegalArgumentException e) {
        throw wrong(key, e.getMessage());
      }
    }
    return read;
  }

  /** A section within, which must be there. */
  public Section section(String key) {
    Section child = new Section(pathOf(key), value(key, Config::getConfig));
    children.add(child);
    return child;
  }

  public Optional<Section> optionalSection(String key) {
    return has(key) ? Optional.of(section(key)) : Optional.empty();
  }

  /** The sections within {@code key}, by their names, in the order of the names. */
  public Map<String, Section> sections(String key) {
    Section parent = section(key);
    Map<String, Section> sections = new LinkedHashMap<>();
    for (String name : new TreeSet<>(parent.config.root().keySet())) {
      sections.put(name, parent.section(name));
    }
    return sections;
  }

  /** Everything was read: complains of a key that has no meaning, here or in a section within. */
  public void end() {
    for (String key : new TreeSet<>(config.root().keySet())) {
      if (!asked.contains(key)) {
        throw new CommandException(ExitCode.USAGE, "there is no setting " + pathOf(key));
      }
    }
    children.forEach(Section::end);
  }

  /** That the section as a whole cannot be; {@code why} goes on after its path. */
  public CommandException wrong(String why) {
    return new CommandException(ExitCode.USAGE, "section " + path + ": " + why);
  }

  /** That the key's value cannot be; {@code why} goes on after the path. */
  public CommandException wrong(String key, String why) {
    return new CommandException(ExitCode.USAGE, "setting " + pathOf(key) + ": " + why);
  }

  private <T> T value(String key, Getter<T> getter) {
    if (!has(key)) {
      throw new CommandException(ExitCode.USAGE, "setting " + pathOf(key) + " is missing");
    }
    try {
      return getter.get(config, quoted(key));
    } catch (ConfigException.WrongType e) {
      throw wrong(key, "cannot be " + kindOf(key));
    } catch (ConfigException e) {
      throw wrong(key, e.getMessage());
    }
  }

  private String kindOf(String key) {
    ConfigObject root = config.root();
    ConfigValueType type = root.get(key).valueType();
    return switch (type) {
      case OBJECT -> "a section";
      case LIST -> "a list";
      case NUMBER, BOOLEAN, STRING, NULL -> "'" + root.get(key).unwrapped() + "'";
    };
  }

  private String pathOf(String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  private static String quoted(String key) {
    return ConfigUtil.joinPath(key);
  }

  private static UUID uuidOf(String text) {
    // UUID.fromString takes short forms, too, which nobody means.
    if (text.length() != 36) {
      throw new IllegalArgumentException("'" + text + "' is no UUID");
    }
    try {
      return UUID.fromString(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("'" + text + "' is no UUID", e);
    }
  }

  @FunctionalInterface
  private interface Getter<T> {
    T get(Config from, String key);
  }
}
