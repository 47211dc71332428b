package io.dnvme.target.ana;

/** A group's state changed at a portal; to be told to hosts that are connected through it. */
public record AnaChanged(int portId, int groupId, AnaState from, AnaState to) {}
