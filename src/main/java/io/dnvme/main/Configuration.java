package io.dnvme.main;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import java.util.Map;

/** The configuration of a process: the defaults of all packages, and what the user sets. */
public final class Configuration {

  private static final String ROOT = "dnvme.";

  private Configuration() {}

  /**
   * Reads the configuration.
   *
   * @param overrides values by key; the keys may leave {@code dnvme.} out
   * @throws IllegalArgumentException where a key does not exist or has another kind of value
   */
  public static Config load(Map<String, String> overrides) {
    Config config = ConfigFactory.load();
    for (var override : overrides.entrySet()) {
      String key =
          override.getKey().startsWith(ROOT) ? override.getKey() : ROOT + override.getKey();
      config = set(config, key, override.getValue());
    }
    return config;
  }

  private static Config set(Config config, String key, String value) {
    try {
      if (!config.hasPath(key)) {
        throw new IllegalArgumentException("there is no setting " + key);
      }
      return ConfigFactory.parseMap(
              Map.of(key, ConfigFactory.parseString("v = " + value).getValue("v").unwrapped()),
              "--set " + key)
          .withFallback(config);
    } catch (ConfigException e) {
      throw new IllegalArgumentException(
          "setting " + key + " cannot be '" + value + "': " + e.getMessage(), e);
    }
  }
}
