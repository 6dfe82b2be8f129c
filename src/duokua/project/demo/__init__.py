"""The demonstration district (演示数据): synthetic, from one random seed, labelled as such."""
