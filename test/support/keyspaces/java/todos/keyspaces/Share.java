package todos.keyspaces;

/** Picks a share of events: evenly, the same in every run, and out of step with any rhythm of the client. */
final class Share
{
    /** Multiples of the golden ratio, whole parts dropped, fill 0 to 1 evenly and never repeat. */
    private static final double STEP = (Math.sqrt(5) - 1) / 2;

    private double position;

    synchronized boolean picks(double share)
    {
        position = (position + STEP) % 1;
        return position < share;
    }
}
