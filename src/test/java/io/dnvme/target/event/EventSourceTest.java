package io.dnvme.target.event;

import static org.assertj.core.api.Assertions.assertThat;

import io.dnvme.block.ManualReactor;
import io.dnvme.block.VirtualTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EventSourceTest {

  private final VirtualTime time = new VirtualTime();
  private final ManualReactor first = new ManualReactor(time, 0);
  private final ManualReactor second = new ManualReactor(time, 1);
  private final EventSource<String> events = new EventSource<>();
  private final List<String> heard = new ArrayList<>();

  private void hear(ManualReactor reactor, String event) {
    assertThat(reactor.inReactor()).isTrue();
    heard.add(reactor.index() + event);
  }

  @Test
  void events_areToldOnEachListenersReactorInOrder() {
    events.subscribe(first, event -> hear(first, event));
    events.subscribe(second, event -> hear(second, event));

    events.publish("a");
    events.publish("b");
    assertThat(heard).as("never from within publish").isEmpty();
    time.settle();

    assertThat(heard).containsExactlyInAnyOrder("0a", "0b", "1a", "1b");
    assertThat(heard.indexOf("0a")).isLessThan(heard.indexOf("0b"));
    assertThat(heard.indexOf("1a")).isLessThan(heard.indexOf("1b"));
  }

  @Test
  void cancelled_isNotEvenToldWhatHappenedBefore() {
    Subscription subscription = events.subscribe(first, event -> hear(first, event));
    events.publish("a");
    subscription.cancel();
    subscription.cancel();
    events.publish("b");
    time.settle();
    assertThat(heard).isEmpty();
    assertThat(events.subscriptions()).isZero();
  }
}
