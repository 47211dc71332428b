package io.dnvme.layering.planted.target.shell;

import io.netty.channel.Channel;

/** A shell, which may. */
public class MayKnowNetty {
  Channel channel;
}
