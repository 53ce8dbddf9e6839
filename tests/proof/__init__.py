"""The canary proof: made-up companies, thousands of questions, every fault at random, and every byte that left."""
