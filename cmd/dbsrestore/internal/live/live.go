// Package live draws a text again and again at the bottom of a terminal, below
// lines that stay.
//
// It reads nothing from the terminal and leaves its modes alone, so that Ctrl-C
// and Ctrl-Z are signals as ever.
package live

import (
	"io"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"
)

// perSecond is how often the frame is drawn.
const perSecond = 4

// Screen is the bottom of a terminal.
type Screen struct {
	program *tea.Program
	ended   chan struct{}
}

// Start begins to draw what a function returns for the size of the terminal, in
// columns and lines, at most four times a second. The function is called from
// another goroutine. Environ is the terminal's environment, as of os.Environ.
func Start(terminal io.Writer, environ []string, frame func(width, height int) string) *Screen {
	s := &Screen{
		program: tea.NewProgram(model{frame: frame}, tea.WithInput(nil), tea.WithOutput(terminal), tea.WithEnvironment(environ),
			tea.WithoutSignalHandler(), tea.WithFPS(perSecond)),
		ended: make(chan struct{}),
	}
	go func() {
		defer close(s.ended)
		_, _ = s.program.Run() // a terminal that is gone ends the drawing, not the run
	}()
	return s
}

// Print puts lines above the frame, where they stay.
func (s *Screen) Print(text string) {
	if text = strings.TrimRight(text, "\n"); text != "" {
		s.program.Send(tea.Println(text)())
	}
}

// Stop takes the frame away and returns when nothing more is drawn.
func (s *Screen) Stop() {
	s.program.Send(stop{})
	<-s.ended
}

type (
	model struct {
		frame         func(width, height int) string
		width, height int
		stopped       bool
	}
	stop struct{}
	tick struct{}
)

// Init implements tea.Model.
func (m model) Init() tea.Cmd { return next() }

func next() tea.Cmd {
	return tea.Tick(time.Second/perSecond, func(time.Time) tea.Msg { return tick{} })
}

// Update implements tea.Model.
func (m model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tick:
		return m, next()
	case stop:
		m.stopped = true
		return m, tea.Quit
	}
	return m, nil
}

// View implements tea.Model.
func (m model) View() tea.View {
	var v tea.View
	v.DisableBracketedPasteMode = true // nothing is read
	if !m.stopped && m.width > 0 {
		v.SetContent(m.frame(m.width, m.height))
	}
	return v
}
