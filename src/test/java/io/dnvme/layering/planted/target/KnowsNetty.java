package io.dnvme.layering.planted.target;

import io.netty.channel.Channel;

/** Breaks the purity of a core. */
public class KnowsNetty {
  Channel channel;
}
