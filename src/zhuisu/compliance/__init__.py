"""What happened, judged by the sectors' profiles: facts gathered, verdicts kept, what is due, the books that the law wants."""
