package io.dnvme.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.dnvme.block.PerReactor;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SettingsTest {

  @Test
  void defaults_areOneAdaptiveReactorForEachCore() {
    ReactorSettings settings = ReactorSettings.from(ConfigFactory.load());
    assertThat(settings.count()).isEqualTo(Runtime.getRuntime().availableProcessors());
    assertThat(settings.poll()).isEqualTo(PollMode.ADAPTIVE);
    assertThat(settings.cpus()).isEmpty();
    assertThat(TransportSettings.from(ConfigFactory.load()).maxConnections()).isEqualTo(16384);
  }

  @Test
  void everyKey_isRead() {
    Config config =
        with(
            """
            reactor { count = 2, poll = busy, spin-limit = 50us, buffer-memory = 8MiB,
                      spill-memory = 1MiB, cpus = [3, 1] }
            max-connections = 7, accept-backlog = 3, linger = 2s
            """);
    assertThat(ReactorSettings.from(config))
        .isEqualTo(new ReactorSettings(2, PollMode.BUSY, 50_000, 8 << 20, 1 << 20, List.of(3, 1)));
    assertThat(TransportSettings.from(config))
        .isEqualTo(new TransportSettings(7, 3, 2_000_000_000L));
  }

  @Test
  void mostReactors_allowed() {
    int most = PerReactor.MAX_REACTORS;
    assertThat(ReactorSettings.from(with("reactor.count = " + most)).count()).isEqualTo(most);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "reactor.count = 257        | dnvme.transport.reactor.count",
        "reactor.count = -1         | dnvme.transport.reactor.count",
        "reactor.count = many       | dnvme.transport.reactor.count",
        "reactor.poll = sometimes   | dnvme.transport.reactor.poll",
        "reactor.spin-limit = 1s    | dnvme.transport.reactor.spin-limit",
        "reactor.spin-limit = fast  | dnvme.transport.reactor.spin-limit",
        "reactor.buffer-memory = 0  | dnvme.transport.reactor.buffer-memory",
        "reactor.spill-memory = -1  | dnvme.transport.reactor.spill-memory",
        "reactor { count = 2, cpus = [1] } | dnvme.transport.reactor.cpus",
        "reactor { count = 1, cpus = [-1] } | dnvme.transport.reactor.cpus",
        "max-connections = 0        | dnvme.transport.max-connections",
        "accept-backlog = 0         | dnvme.transport.accept-backlog",
        "linger = 2h                | dnvme.transport.linger",
      })
  void wrongValue_isNamedByItsPath(String setting, String path) {
    Config config = with(setting);
    assertThatThrownBy(
            () -> {
              ReactorSettings.from(config);
              TransportSettings.from(config);
            })
        .hasMessageContaining(path);
  }

  private static Config with(String settings) {
    return ConfigFactory.parseString("dnvme.transport {\n" + settings + "\n}")
        .withFallback(ConfigFactory.load());
  }
}
