package io.dnvme.layering.planted.block;

/** What others may use. */
public class Bottom {}
